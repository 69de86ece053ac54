-- Tests sql/functions/run_background_check.sql
begin;
select plan(7);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

create temp table t as select backup.start_verification('sql') as id;
create or replace function backup.run_tests() returns setof backup.finding language plpgsql as $$
begin raise exception using errcode = '57014'; end $$;

select ok((select backup.run_background_check(t.id, 'check_drill_age') from t), 'run_background_check() records an answer');
select ok((select backup.run_background_check(t.id, 'run_tests') from t), 'run_background_check() takes a timeout as an answer');
select is((select verdict::text from backup.verification_results where check_name = 'run_tests'), 'inconclusive',
  'run_background_check() records a timeout as inconclusive');
update backup.verification_checks set state = 'done' where check_name <> 'check_indexes';
delete from backup.tickets;
select ok((select backup.run_background_check(t.id, 'check_indexes') from t), 'run_background_check() brings the last answer');
select is((select body ->> 'verification_id' from backup.tickets where function_name = 'verify-backup'), (select id::text from t),
  'run_background_check() asks for the report after the last answer');

-- permissions
select function_privs_are('backup', 'run_background_check', array['uuid','text']::text[], 'anon', '{}'::text[], 'run_background_check() is closed to anon');
select function_privs_are('backup', 'run_background_check', array['uuid','text']::text[], 'authenticated', '{}'::text[], 'run_background_check() is closed to authenticated');

select * from finish();
rollback;
