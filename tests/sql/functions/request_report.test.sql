-- Tests sql/functions/request_report.sql
begin;
select plan(6);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

create temp table t as select backup.start_verification('sql') as id;

select ok(not (select backup.request_report(t.id) from t), 'request_report() waits for the verdict');
update backup.verifications set verdict = 'passed', finished_at = now();
select ok((select backup.request_report(t.id) from t), 'request_report() asks once there is a verdict');
select is((select body from backup.tickets where function_name = 'verify-backup'), (select jsonb_build_object('verification_id', id) from t),
  'request_report() issues a ticket that continues the verification');
update backup.verifications set report = '# done';
select ok(not (select backup.request_report(t.id) from t), 'request_report() does not ask for a report that exists');

-- permissions
select function_privs_are('backup', 'request_report', array['uuid']::text[], 'anon', '{}'::text[], 'request_report() is closed to anon');
select function_privs_are('backup', 'request_report', array['uuid']::text[], 'authenticated', '{}'::text[], 'request_report() is closed to authenticated');

select * from finish();
rollback;
