-- Tests sql/views/status.sql
begin;
select plan(23);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.policies set enabled = provider <> 'aws_s3';

select is((select count(*) from backup.status), 1::bigint, 'status is one row on an empty ledger');
select results_eq('select health, open_alerts, secondary_backup from backup.status', $$ values ('never_ran', 0::bigint, false) $$,
  'status of an empty ledger is never_ran');
select matches((select secondary_backup_reason from backup.status), '^off: ', 'status says why the secondary backup is off');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, manifest_key, manifest_sha256, warnings)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now() - interval '3 days', now() - interval '3 days', now(), 'p/1/manifest.json', 'x', '[{"code": "a", "message": "b"}]'),
       ('20260102T000000Z-bbbbbb', 'complete', 'monthly', 'sql', 'cli', 'p/2/', now() - interval '2 hours', now() - interval '2 hours', now(), 'p/2/manifest.json', 'x', '[]');
select results_eq('select health, newest_restore_point, newest_age, newest_verified from backup.status',
  $$ values ('healthy', '20260102T000000Z-bbbbbb', interval '2 hours', false) $$, 'status is healthy after an export');
update backup.policies set enabled = true where name = 'secondary_daily';
select results_eq('select health, stale_after, secondary_backup_reason from backup.status', $$ values ('healthy', interval '30 hours', 'on') $$,
  'status derives the greatest age from the enabled policies');
update backup.runs set snapshot_at = now() - interval '31 hours' where run_id = '20260102T000000Z-bbbbbb';
select is((select health from backup.status), 'stale', 'status is stale when the newest restore point is too old');
update backup.policies set enabled = (name = 'secondary_weekly') where provider = 'aws_s3';
select is((select health from backup.status), 'healthy', 'status of a weekly schedule is not stale after a day');

insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix) values ('20260104T000000Z-dddddd', 'starting', 'weekly', 'sql', 'cli', 'p/4/');
insert into backup.chunks (run_id, chunk_no, kind) values ('20260104T000000Z-dddddd', 1, 'plan');
select results_eq('select health, active_run_id, progress_percent, keeper_age, keeper_alive from backup.status',
  $$ values ('running', '20260104T000000Z-dddddd', 0, null::interval, null::boolean) $$, 'status shows a run that waits for its snapshot');
update backup.runs set state = 'exporting', keeper_pid = pg_backend_pid(), keeper_claimed_at = now() - interval '1 minute',
  keeper_backend_start = (select backend_start from pg_stat_activity where pid = pg_backend_pid()) where run_id = '20260104T000000Z-dddddd';
update backup.chunks set state = 'done', done_at = now();
insert into backup.chunks (run_id, chunk_no, kind, state, estimated_bytes, done_at) values
  ('20260104T000000Z-dddddd', 2, 'schema', 'done', 99, now()), ('20260104T000000Z-dddddd', 3, 'globals', 'replaced', 900, null),
  ('20260104T000000Z-dddddd', 4, 'globals', 'pending', 100, null);
select results_eq('select chunks_done, chunks_total, progress_percent from backup.status', $$ values (2::bigint, 3::bigint, 50) $$,
  'status shows progress by bytes and ignores replaced chunks');
select results_eq('select keeper_age, keeper_alive from backup.status', $$ values (interval '1 minute', true) $$, 'status shows the age of the snapshot');
update backup.runs set keeper_backend_start = now() - interval '9 days' where run_id = '20260104T000000Z-dddddd';
select is((select keeper_alive from backup.status), false, 'status does not take a later process for the keeper');
set local role service_role;
select is((select keeper_alive from backup.status), null, 'status does not call a keeper dead that its reader may not see');
reset role;
update backup.runs set keeper_pid = -1 where run_id = '20260104T000000Z-dddddd';
select is((select keeper_alive from backup.status), false, 'status tells that the keeper is gone');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'snapshot lost' where run_id = '20260104T000000Z-dddddd';
select results_eq('select health, last_run_id, last_run_failure_code, newest_restore_point from backup.status',
  $$ values ('failing', '20260104T000000Z-dddddd', 'HF300', '20260102T000000Z-bbbbbb') $$, 'status is failing after a failed run and still names the restore point');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at) values ('20260105T000000Z-eeeeee', 'starting', 'weekly', 'sql', 'cli', 'p/5/', now() + interval '1 second');
select is((select health from backup.status), 'failing', 'status does not let a retry hide the failure');
delete from backup.runs where run_id >= '20260104';
select is((select health from backup.status), 'healthy', 'status is healthy again without them');
do $$ begin perform backup.raise_alert('x', 'warning', 'm'); end $$;
select results_eq('select health, open_alerts, alerts -> 0 ->> ''cause'' from backup.status', $$ values ('healthy', 1::bigint, 'x') $$, 'status stays healthy under a warning');
update backup.alerts set severity = 'critical';
select is((select health from backup.status), 'failing', 'status is failing while a critical alert is open');

-- contract and permissions
select isnt(obj_description('backup.status'::regclass), null, 'status has a comment');
select ok((select 'security_invoker=true' = any (reloptions) from pg_class where oid = 'backup.status'::regclass), 'status runs as its reader');
select table_privs_are('backup', 'status', 'anon', '{}'::text[], 'status is closed to anon');
select table_privs_are('backup', 'status', 'authenticated', '{}'::text[], 'status is closed to authenticated');
select table_privs_are('backup', 'status', 'service_role', array['SELECT'], 'status can be read by service_role');

select * from finish();
rollback;
