-- requires: pgtap/backup_tests.sql, functions/_pgtap_schema.sql
-- backup.run_tests(test)
--
-- Why: runs every pgTAP test of schema backup_tests and returns one finding per test function, so that invariants which
-- users add count in a verification like any check.
-- Tests run one by one, each through pgTAP's runner with its startup, setup, teardown and shutdown functions and in a block
-- that is always rolled back: pgTAP 1.2 lets most errors of one test end the whole run, and no version rolls back startup.
-- Evidence holds counts and the names of failed assertions; what an assertion compared stays out of it, because
-- diagnostics quote values.
-- Verdict of a test: failed if an assertion failed or the test died; inconclusive if it died for lack of privileges or all its
-- failures say "inconclusive:"; skipped if every assertion was skipped; else passed. A test without assertions fails.
-- pgTAP keeps one plan per session: inside another pgTAP test this must be called before plan().
-- Tests are functions without arguments whose name starts with "test". p_test narrows it to one name.
create or replace function backup.run_tests(p_test text default null)
returns setof backup.finding
language plpgsql
set search_path = ''
as $$
declare
  v_pgtap  name := backup._pgtap_schema();
  v_test   record;
  v_lines  text[];
  v_line   text;
  v_match  text[];
  v_ok     integer;
  v_skip   integer;
  v_todo   integer;
  v_failed text[];
  v_died   text;
  v_done   boolean;
  v_passed boolean;
begin
  if v_pgtap is null then
    return next ('run_tests', 'backup_tests', 'skipped'::backup.verdict, 'every test passes',
      'pgTAP is not installed: create extension pgtap with schema extensions;', '{}'::jsonb)::backup.finding;
    return;
  end if;

  for v_test in
    select format('%I.%I', n.nspname, p.proname) as subject,
           '^' || regexp_replace(p.proname, '(\W)', '\\\1', 'g') || '$' as pattern
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'backup_tests' and p.prokind = 'f' and p.pronargs = 0 and p.proname ~ '^test'
      and (p_test is null or p.proname::text = p_test)
    order by p.proname
  loop
    v_ok := 0; v_skip := 0; v_todo := 0; v_failed := '{}'; v_died := null; v_done := false; v_passed := false; v_lines := '{}';
    begin
      perform pg_catalog.set_config('search_path', quote_ident(v_pgtap), true);
      perform pg_catalog.set_config('client_min_messages', 'warning', true);
      execute format('select array_agg(t.line order by t.position) from %I.runtests(''backup_tests''::name, $1) with ordinality as t (line, position)', v_pgtap)
        into v_lines using v_test.pattern;
      v_done := true;
      raise exception using errcode = 'transaction_rollback';
    exception when others then
      if not v_done then
        v_died := sqlstate;
      end if;
    end;

    foreach v_line in array string_to_array(coalesce(array_to_string(v_lines, E'\n'), ''), E'\n') loop
      v_match := regexp_match(v_line, '^    (not )?ok \d+(?: - ([^#\\]*(?:\\.[^#\\]*)*))?\s*(?:# (SKIP|TODO)\M.*)?', 'i');
      if v_match is null then
        v_died := coalesce(v_died, substring(v_line from '^    # Test died: (\w{5})'));
        v_passed := v_passed or v_line ~ '^ok \d';
      elsif upper(v_match[3]) = 'SKIP' then
        v_skip := v_skip + 1;
      elsif upper(v_match[3]) = 'TODO' then
        v_todo := v_todo + 1;
      elsif v_match[1] is null then
        v_ok := v_ok + 1;
      else
        v_failed := v_failed || coalesce(nullif(btrim(v_match[2]), ''), 'assertion without a name');
      end if;
    end loop;

    return next ('run_tests', v_test.subject,
      case when v_died in ('42501', '55P03') then 'inconclusive'
           when v_died is null and v_failed <> '{}'
             and not exists (select from unnest(v_failed) f where f not like 'inconclusive:%') then 'inconclusive'
           when not v_passed then 'failed'
           when v_ok = 0 then 'skipped'
           else 'passed' end::backup.verdict,
      'every assertion holds',
      case when v_died is not null then format('the test died with error %s', v_died)
           when v_ok + v_skip + v_todo + cardinality(v_failed) = 0 then 'the test made no assertion'
           else concat_ws(', ', nullif(v_ok, 0) || ' hold', nullif(cardinality(v_failed), 0) || ' do not hold',
                          nullif(v_skip, 0) || ' skipped', nullif(v_todo, 0) || ' to do') end,
      jsonb_strip_nulls(jsonb_build_object('held', v_ok, 'skipped', v_skip, 'todo', v_todo,
        'failed', cardinality(v_failed), 'failures', to_jsonb(v_failed[1:20]), 'sqlstate', v_died)))::backup.finding;
  end loop;

  if not found then
    return next ('run_tests', 'backup_tests', 'skipped'::backup.verdict, 'every test passes',
      'the schema holds no such test: select backup.install_tests();', '{}'::jsonb)::backup.finding;
  end if;
end
$$;

comment on function backup.run_tests(text) is
  'Runs the pgTAP tests of schema backup_tests, rolled back, and returns one finding per test; skipped where pgTAP is not installed. With a name: that test only.';
revoke all on function backup.run_tests(text) from public;
