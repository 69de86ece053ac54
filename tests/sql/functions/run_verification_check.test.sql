-- Tests sql/functions/run_verification_check.sql
begin;
select plan(11);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

do $$ declare v_function regprocedure; begin
  for v_function in select p.oid from pg_proc p where p.pronamespace = 'backup'::regnamespace
                    and p.proname in ('check_sequences', 'check_indexes', 'run_tests') loop
    execute 'drop function ' || v_function;
  end loop;
end $$;
create temp table t as select backup.start_verification('sql') as id;

-- A table without rows gives check_drill_age something certain to say.
select ok((select backup.run_verification_check(t.id, 'check_drill_age') from t), 'run_verification_check() records an answer');
select results_eq($$ select verdict::text, duration_ms >= 0 from backup.verification_results where check_name = 'check_drill_age' $$,
  $$ values ('skipped', true) $$, 'run_verification_check() stores answer and duration');

create function backup.check_sequences() returns setof backup.finding language plpgsql as $$
begin raise exception using errcode = '22P02', message = 'invalid input: secret of a row'; end $$;
select ok((select backup.run_verification_check(t.id, 'check_sequences') from t), 'run_verification_check() survives a check that throws');
select results_eq($$ select verdict::text, actual, evidence ->> 'sqlstate' from backup.verification_results where check_name = 'check_sequences' $$,
  $$ values ('inconclusive', 'error 22P02', '22P02') $$, 'run_verification_check() records the error without a message that may quote a row');

create function backup.check_indexes() returns setof backup.finding language plpgsql as $$
begin raise exception using errcode = '42501', message = 'permission denied for table x'; end $$;
select lives_ok($$ select backup.run_verification_check(t.id, 'check_indexes') from t $$, 'run_verification_check() survives a refusal');
select is((select actual from backup.verification_results where check_name = 'check_indexes'), 'error 42501: permission denied for table x',
  'run_verification_check() keeps a message that names objects only');

create function backup.run_tests() returns setof backup.finding language plpgsql as $$
begin raise exception using errcode = '57014'; end $$;
-- throws_ok() cannot catch a cancelled statement: "when others" leaves it out.
create function pg_temp.sqlstate_of(p_sql text) returns text language plpgsql as $$
begin execute p_sql; return 'none'; exception when query_canceled then return sqlstate; end $$;
select is(pg_temp.sqlstate_of($$ select backup.run_verification_check(t.id, 'run_tests') from t $$), '57014',
  'run_verification_check() raises a timeout to its caller');
select throws_ok($$ select backup.run_verification_check(t.id, 'check_backup_objects') from t $$, 'HF006', null,
  'run_verification_check() leaves the bucket to the function with HF006');
select throws_ok($$ select backup.run_verification_check(t.id, 'resolve_alert') from t $$, 'HF006', null,
  'run_verification_check() runs nothing but checks and answers HF006');

-- permissions
select function_privs_are('backup', 'run_verification_check', array['uuid','text']::text[], 'anon', '{}'::text[], 'run_verification_check() is closed to anon');
select function_privs_are('backup', 'run_verification_check', array['uuid','text']::text[], 'authenticated', '{}'::text[], 'run_verification_check() is closed to authenticated');

select * from finish();
rollback;
