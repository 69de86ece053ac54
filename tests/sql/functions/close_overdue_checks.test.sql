-- Tests sql/functions/close_overdue_checks.sql
begin;
select plan(10);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

create temp table t as select backup.start_verification('sql') as id;
create or replace function backup.schedule_once(p_job_name text, p_command text) returns boolean language sql as 'select true';

select is_empty($$ select * from backup.close_overdue_checks() $$, 'close_overdue_checks() leaves a young verification alone');
update backup.verification_checks set state = 'running', started_at = now() - interval '5 minutes' where check_name = 'check_sequences';
select is_empty($$ select * from backup.close_overdue_checks() $$, 'close_overdue_checks() leaves a check alone that may still run');
update backup.verification_checks set started_at = now() - interval '1 hour' where check_name = 'check_sequences';
select results_eq($$ select * from backup.close_overdue_checks() $$, array['check_sequences'], 'close_overdue_checks() closes a check whose process died');
select is((select verdict::text from backup.verification_results where check_name = 'check_sequences'), 'inconclusive', 'close_overdue_checks() does not know the answer');
update backup.verification_checks set state = 'background', job_name = 'holdfast-check-x', started_at = now() - interval '1 hour' where check_name = 'run_tests';
select is_empty($$ select * from backup.close_overdue_checks() $$, 'close_overdue_checks() gives a background check its time');
update backup.verification_checks set started_at = now() - interval '3 hours' where check_name = 'run_tests';
select results_eq($$ select * from backup.close_overdue_checks() $$, array['run_tests'], 'close_overdue_checks() closes a background check that never reported');
update backup.verification_checks set started_at = null, finished_at = null;
update backup.verifications set started_at = now() - interval '1 hour';
select results_eq($$ select * from backup.close_overdue_checks() $$, array['check_backup_objects'],
  'close_overdue_checks() closes what needs a function that died');
select results_eq($$ select state, count(*) from backup.verification_checks group by 1 order by 1 $$,
  $$ select * from (values ('background', (select count(*) - 3 from backup.verification_check_names())), ('done', 3::bigint)) as v $$,
  'close_overdue_checks() hands checks that were never started to pg_cron');

-- permissions
select function_privs_are('backup', 'close_overdue_checks', array[]::text[], 'anon', '{}'::text[], 'close_overdue_checks() is closed to anon');
select function_privs_are('backup', 'close_overdue_checks', array[]::text[], 'authenticated', '{}'::text[], 'close_overdue_checks() is closed to authenticated');

select * from finish();
rollback;
