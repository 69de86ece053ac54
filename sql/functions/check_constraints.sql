-- requires: functions/_constraint_tests.sql, functions/_read_only.sql
-- backup.check_constraints(schema, table)
--
-- Why: the catalog's word that a rule holds is worth nothing after corruption, a function redefined under a CHECK, or a
-- load that bypassed it, and a restore would stop at the first violating row. Every CHECK, NOT NULL and domain rule is
-- evaluated on the rows, read-only, in one scan per table; partitions are examined one by one.
-- Findings: one per rule that fails, one "passed" per table for the rest. A constraint that is NOT VALID fails with
-- the statement that validates it, also when no row violates it, unless the table belongs to a role whose tables the
-- caller cannot alter (auth, storage): nobody here could act on that. Foreign keys are evaluated by check_foreign_keys;
-- only their missing validation is reported here. Unique and exclusion rules live in indexes: see check_indexes.
-- Not examined: domains inside arrays and composite types. Rules that are not enforced are skipped.
-- To spread the work, call it once per table: p_schema and p_table narrow it to names, not patterns.
-- Locks: ACCESS SHARE on each table until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_constraints(p_schema text default null, p_table text default null)
returns setof backup.finding
language plpgsql
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_table    record;
  v_rule     record;
  v_counts   jsonb;
  v_held     integer;
  v_broken   boolean;
  v_evidence jsonb;
begin
  for v_table in
    select t.*, pg_catalog.pg_has_role(t.relowner, 'usage') as alterable
    from backup._checked_tables(p_schema, p_table) t
  loop
    v_held := 0;
    v_counts := null;
    if v_table.relkind = 'r' then
      begin
        select backup._read_only(format('select jsonb_build_object(%s) from %s',
          string_agg(format('%L, count(*) filter (where %s)', x.rule, x.violated), ', '), v_table.relation))
        into v_counts
        from (select * from backup._constraint_tests(v_table.relid) limit 45) x
        where x.enforced
          -- jsonb_build_object takes at most 100 arguments; wider tables are examined rule by rule.
          and (select count(*) from backup._constraint_tests(v_table.relid)) <= 45;
      exception when others then
        v_counts := null;
      end;

      for v_rule in select * from backup._constraint_tests(v_table.relid) order by rule loop
        v_evidence := jsonb_build_object('definition', v_rule.definition, 'validated', v_rule.validated);
        if not v_rule.enforced then
          return next ('check_constraints', format('%s.%s', v_table.subject, v_rule.rule), 'skipped'::backup.verdict,
            'no row violates it', 'the constraint is not enforced', v_evidence)::backup.finding;
          continue;
        end if;
        begin
          -- One rule that cannot be evaluated spoils the shared scan; then each is examined alone.
          v_evidence := v_evidence || jsonb_build_object('violations', coalesce(v_counts -> v_rule.rule,
            backup._read_only(format('select to_jsonb(count(*) filter (where %s)) from %s', v_rule.violated, v_table.relation))));
        exception
          when check_violation or not_null_violation then
            if not v_rule.is_domain then
              return next backup._finding_of_error('check_constraints', format('%s.%s', v_table.subject, v_rule.rule),
                'no row violates it', sqlstate, null);
            else
              return next ('check_constraints', format('%s.%s', v_table.subject, v_rule.rule), 'failed'::backup.verdict,
                'no row violates it', 'at least one row violates it',
                v_evidence || jsonb_build_object('sqlstate', sqlstate))::backup.finding;
            end if;
            continue;
          when others then
            return next backup._finding_of_error('check_constraints', format('%s.%s', v_table.subject, v_rule.rule),
              'no row violates it', sqlstate, sqlerrm);
            continue;
        end;
        v_broken := (v_evidence ->> 'violations')::bigint > 0;
        if v_broken or (not v_rule.validated and v_table.alterable) then
          return next ('check_constraints', format('%s.%s', v_table.subject, v_rule.rule), 'failed'::backup.verdict,
            'no row violates it, and it is validated',
            concat_ws(', ', case when v_broken then format('%s rows violate it', v_evidence ->> 'violations')
                                 when not v_rule.validated then 'no row violates it' end,
              case when not v_rule.validated then 'NOT VALID' end),
            v_evidence)::backup.finding;
        else
          v_held := v_held + 1;
        end if;
      end loop;
      if v_held > 0 then
        return next ('check_constraints', v_table.subject, 'passed'::backup.verdict, 'no row violates a rule',
          format('%s rules hold', v_held), jsonb_build_object('rules', v_held))::backup.finding;
      end if;
    end if;

    return query
      select 'check_constraints', format('%s.%I', v_table.subject, c.conname), 'failed'::backup.verdict, 'validated',
        'NOT VALID', jsonb_build_object('definition', pg_catalog.pg_get_constraintdef(c.oid), 'validated', false,
          'validate_with', format('alter table %s validate constraint %I;', v_table.subject, c.conname))
      from pg_catalog.pg_constraint c
      where c.conrelid = v_table.relid and c.contype = 'f' and not c.convalidated and c.conparentid = 0
        and coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) and v_table.alterable
      order by c.conname;
  end loop;
end
$$;

comment on function backup.check_constraints(text, text) is
  'Evaluates every CHECK, NOT NULL and domain rule on the rows and reports constraints that are NOT VALID. Arguments narrow it to a schema and a table.';
revoke all on function backup.check_constraints(text, text) from public;
