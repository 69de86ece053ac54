-- Tests sql/views/restore_points.sql
begin;
select plan(13);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.policies set enabled = provider <> 'aws_s3';

select is_empty('select * from backup.restore_points', 'restore_points is empty without a complete run');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, manifest_key, manifest_sha256, warnings)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now() - interval '3 days', now() - interval '3 days', now(), 'p/1/manifest.json', 'x', '[{"code": "a", "message": "b"}]'),
       ('20260102T000000Z-bbbbbb', 'complete', 'monthly', 'sql', 'cli', 'p/2/', now() - interval '2 hours', now() - interval '2 hours', now(), 'p/2/manifest.json', 'x', '[]');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message)
values ('20260103T000000Z-cccccc', 'failed', 'weekly', 'sql', 'cli', 'p/3/', now(), 'HF300', 'snapshot lost');
select results_eq('select run_id from backup.restore_points', array['20260102T000000Z-bbbbbb', '20260101T000000Z-aaaaaa'],
  'restore_points lists complete runs only, newest first');
select results_eq('select age, expires_at - snapshot_at, warnings from backup.restore_points',
  $$ values (interval '2 hours', interval '365 days', 0), (interval '3 days', interval '90 days', 1) $$,
  'restore_points shows age, retention of the tier and what is not covered');
select results_eq('select distinct verified, last_check from backup.restore_points', $$ values (false, null::backup.verdict) $$,
  'restore_points does not call an untried backup verified');
insert into backup.verifications (run_id, trigger, verdict, finished_at) values ('20260101T000000Z-aaaaaa', 'sql', 'passed', now());
insert into backup.drills (run_id, trigger, verdict, state, finished_at) values ('20260101T000000Z-aaaaaa', 'sql', 'failed', 'complete', now());
select results_eq($$ select verified, last_check::text from backup.restore_points where run_id like '20260101%' $$, $$ values (false, 'passed') $$,
  'restore_points does not take a verification or a failed drill for a restore');
insert into backup.drills (run_id, trigger, verdict, state, finished_at, manifest_sha256) values ('20260101T000000Z-aaaaaa', 'sql', 'passed', 'complete', now() - interval '1 day', 'of another manifest');
select is((select verified from backup.restore_points where run_id = '20260101T000000Z-aaaaaa'), false, 'restore_points does not count a drill of another manifest');
insert into backup.drills (run_id, trigger, verdict, state, finished_at) values ('20260101T000000Z-aaaaaa', 'sql', 'passed', 'complete', now());
select results_eq('select verified from backup.restore_points', array[false, true], 'restore_points calls a backup verified after its own drill passed');
insert into backup.policies (name, provider, frequency, retention, tier, enabled, description) values ('more', 'aws_s3', 'weekly', '100 days', 'weekly', false, '');
select is((select count(*) from backup.restore_points), 2::bigint, 'restore_points lists a run once, however many policies name its tier');

-- contract and permissions
select isnt(obj_description('backup.restore_points'::regclass), null, 'restore_points has a comment');
select ok((select 'security_invoker=true' = any (reloptions) from pg_class where oid = 'backup.restore_points'::regclass), 'restore_points runs as its reader');
select table_privs_are('backup', 'restore_points', 'anon', '{}'::text[], 'restore_points is closed to anon');
select table_privs_are('backup', 'restore_points', 'authenticated', '{}'::text[], 'restore_points is closed to authenticated');
select table_privs_are('backup', 'restore_points', 'service_role', array['SELECT'], 'restore_points can be read by service_role');

select * from finish();
rollback;
