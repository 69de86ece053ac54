-- requires: pgtap/backup_tests.sql, functions/_pgtap_schema.sql
-- backup.run_tests()
--
-- Why: runs every pgTAP test of schema backup_tests and returns one finding per test function, so that invariants which
-- users add count in a verification like any check.
-- pgTAP rolls back each test; the whole run is rolled back here once more, which also covers startup and shutdown
-- functions and pgTAP's own temporary tables. Evidence holds counts and the names of failed assertions; what an assertion
-- compared stays out of it, because diagnostics quote values.
-- Verdict of a test: failed if an assertion failed or the test died; inconclusive if it died for lack of privileges or all its
-- failures say "inconclusive:"; skipped if every assertion was skipped; else passed. A test without assertions fails.
-- pgTAP keeps one plan per session: inside another pgTAP test this must be called before plan().
create or replace function backup.run_tests()
returns setof backup.finding
language plpgsql
set search_path = ''
as $$
declare
  v_pgtap  name := backup._pgtap_schema();
  v_lines  text[];
  v_line   text;
  v_match  text[];
  v_ok     integer := 0;
  v_skip   integer := 0;
  v_todo   integer := 0;
  v_failed text[] := '{}';
  v_died   text;
  v_done   boolean := false;
  v_any    boolean := false;
begin
  if v_pgtap is null then
    return next ('run_tests', 'backup_tests', 'skipped'::backup.verdict, 'every test passes',
      'pgTAP is not installed: create extension pgtap with schema extensions;', '{}'::jsonb)::backup.finding;
    return;
  end if;

  begin
    perform pg_catalog.set_config('search_path', quote_ident(v_pgtap), true);
    perform pg_catalog.set_config('client_min_messages', 'warning', true);
    execute format('select array_agg(t.line order by t.position) from %I.runtests(''backup_tests''::name) with ordinality as t (line, position)', v_pgtap)
      into v_lines;
    v_done := true;
    raise exception using errcode = 'transaction_rollback';
  exception when others then
    if not v_done then
      return next backup._finding_of_error('run_tests', 'backup_tests', 'every test passes', sqlstate, sqlerrm);
      return;
    end if;
  end;

  foreach v_line in array string_to_array(array_to_string(v_lines, E'\n'), E'\n') loop
    v_match := regexp_match(v_line, '^    (not )?ok \d+(?: - ([^#\\]*(?:\\.[^#\\]*)*))?\s*(?:# (SKIP|TODO)\M.*)?', 'i');
    if v_match is not null then
      if upper(v_match[3]) = 'SKIP' then v_skip := v_skip + 1;
      elsif upper(v_match[3]) = 'TODO' then v_todo := v_todo + 1;
      elsif v_match[1] is null then v_ok := v_ok + 1;
      else v_failed := v_failed || coalesce(btrim(v_match[2]), 'assertion without a name');
      end if;
      continue;
    end if;
    v_died := coalesce(v_died, substring(v_line from '^    # Test died: (\w{5})'));

    v_match := regexp_match(v_line, '^(not )?ok \d+ - (.*)$');
    if v_match is not null then
      v_any := true;
      return next ('run_tests', v_match[2],
        case when v_died in ('42501', '55P03') then 'inconclusive'
             when v_died is null and v_failed <> '{}'
               and not exists (select from unnest(v_failed) f where f not like 'inconclusive:%') then 'inconclusive'
             when v_match[1] is not null then 'failed'
             when v_ok = 0 then 'skipped'
             else 'passed' end::backup.verdict,
        'every assertion holds',
        case when v_died is not null then format('the test died with error %s', v_died)
             when v_ok + v_skip + v_todo + cardinality(v_failed) = 0 then 'the test made no assertion'
             else concat_ws(', ', nullif(v_ok, 0) || ' hold', nullif(cardinality(v_failed), 0) || ' do not hold',
                            nullif(v_skip, 0) || ' skipped', nullif(v_todo, 0) || ' to do') end,
        jsonb_strip_nulls(jsonb_build_object('held', v_ok, 'skipped', v_skip, 'todo', v_todo,
          'failed', cardinality(v_failed), 'failures', to_jsonb(v_failed[1:20]), 'sqlstate', v_died)))::backup.finding;
      v_ok := 0; v_skip := 0; v_todo := 0; v_failed := '{}'; v_died := null;
    end if;
  end loop;

  if not v_any then
    return next ('run_tests', 'backup_tests', 'skipped'::backup.verdict, 'every test passes',
      'the schema holds no test: select backup.install_tests();', '{}'::jsonb)::backup.finding;
  end if;
end
$$;

comment on function backup.run_tests() is
  'Runs the pgTAP tests of schema backup_tests, rolled back, and returns one finding per test; skipped where pgTAP is not installed.';
revoke all on function backup.run_tests() from public;
