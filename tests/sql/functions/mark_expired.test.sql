-- Tests sql/functions/mark_expired.sql
begin;
select plan(15);

-- arrange
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.settings set retention_minimum = 1, retention_grace = '2 days';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T010000Z-aaaaaa', 'complete', 'daily', 'sql', 'cli', 'p/a/', '2026-01-01 01:00Z', '2026-01-01 01:00Z', 'p/a/manifest.json', 's'),
       ('20260102T010000Z-bbbbbb', 'complete', 'daily', 'sql', 'cli', 'p/b/', '2026-01-02 01:00Z', '2026-01-02 01:00Z', 'p/b/manifest.json', 's'),
       ('20260103T010000Z-cccccc', 'complete', 'daily', 'sql', 'cli', 'p/c/', '2026-01-03 01:00Z', '2026-01-03 01:00Z', 'p/c/manifest.json', 's');

-- contract
select function_returns('backup', 'mark_expired', array['timestamp with time zone'], 'setof record', 'mark_expired() returns counts');
select isnt(obj_description('backup.mark_expired(timestamptz)'::regprocedure), null, 'mark_expired() has a comment');

-- behaviour
select results_eq($$ select marked, unmarked from backup.mark_expired('2026-01-15Z') $$, $$ values (0, 0) $$, 'mark_expired() marks nothing within the retention');
select results_eq($$ select marked, unmarked from backup.mark_expired('2026-02-03Z') $$, $$ values (1, 0) $$, 'mark_expired() marks what the plan lets go');
select results_eq('select run_id, reasons, marked_at, delete_after from backup.retention_marks', $$ values ('20260102T010000Z-bbbbbb', array['past_retention'], '2026-02-03Z'::timestamptz, '2026-02-05Z'::timestamptz) $$,
  'mark_expired() records why, and when the grace period ends');
select results_eq($$ select marked, unmarked from backup.mark_expired('2026-02-04Z') $$, $$ values (0, 0) $$, 'mark_expired() marks once and leaves the grace period as it was');
select is((select state::text from backup.runs where run_id like '%bbbbbb'), 'complete', 'mark_expired() leaves a marked run a restore point');
update backup.policies set retention = '1 year' where name = 'secondary_daily';
select results_eq($$ select marked, unmarked from backup.mark_expired('2026-02-04Z') $$, $$ values (0, 1) $$, 'mark_expired() takes a mark back when the policy keeps the run');
update backup.policies set retention = '30 days' where name = 'secondary_daily';
select results_eq($$ select marked, unmarked from backup.mark_expired('2027-06-01Z') $$, $$ values (2, 0) $$, 'mark_expired() never marks the newest');
update backup.runs set state = 'expired' where run_id like '%aaaaaa';
update backup.policies set retention = '10 years' where provider = 'aws_s3';
select results_eq($$ select marked, unmarked from backup.mark_expired('2027-06-01Z') $$, $$ values (0, 1) $$, 'mark_expired() leaves the mark of a run that is being deleted');
select results_eq('select run_id from backup.retention_marks', array['20260101T010000Z-aaaaaa'], 'mark_expired() then has it alone');

-- errors
update backup.policies set tier = null where provider = 'aws_s3';
select throws_ok('select * from backup.mark_expired()', 'HF600', null, 'mark_expired() refuses an empty policy with HF600');

-- permissions
select function_privs_are('backup', 'mark_expired', array['timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute mark_expired()');
select function_privs_are('backup', 'mark_expired', array['timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute mark_expired()');
select function_privs_are('backup', 'mark_expired', array['timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute mark_expired()');

select * from finish();
rollback;
