-- Tests sql/tables/runs.sql
begin;
select plan(32);

-- arrange
delete from backup.runs;

-- contract
select columns_are('backup', 'runs', array['run_id', 'state', 'tier', 'trigger', 'engine', 'object_prefix', 'requested_at', 'keeper_pid', 'keeper_backend_start', 'keeper_claimed_at', 'snapshot_id', 'snapshot_at', 'snapshot_lsn', 'snapshot_xids', 'schema_fingerprint', 'age_recipients', 'finished_at', 'rows', 'raw_bytes', 'stored_bytes', 'manifest_key', 'manifest_sha256', 'archived', 'warnings', 'failure_code', 'failure_message', 'failure_detail', 'objects_deleted_at'], 'runs has its columns');
select col_is_pk('backup', 'runs', array['run_id'], 'runs has a key');
select isnt(obj_description('backup.runs'::regclass), null, 'runs has a comment');

-- behaviour
select lives_ok($$ insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'cli', 'x/') $$, 'runs accepts a run that starts');
select results_eq('select state, requested_at, warnings from backup.runs', $$ values ('starting'::backup.run_state, now(), '[]'::jsonb) $$, 'runs takes a run as starting');
select throws_ok($$ insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000b', 'daily', 'sql', 'cli', 'x/') $$, '23505', null, 'runs rejects a second active run');
update backup.runs set state = 'exporting';
select throws_ok($$ insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000b', 'daily', 'sql', 'cli', 'x/') $$, '23505', null, 'runs rejects a second active run beside one that exports');
select throws_ok($$ update backup.runs set trigger = 'mail' $$, '23514', null, 'runs rejects another trigger');
select throws_ok($$ update backup.runs set engine = 'cron' $$, '23514', null, 'runs rejects another engine');
select throws_ok($$ update backup.runs set run_id = '20260101T000000Z' $$, '23514', null, 'runs rejects the id 20260101T000000Z');
select throws_ok($$ update backup.runs set run_id = '20260101T000000Z-00000A' $$, '23514', null, 'runs rejects the id 20260101T000000Z-00000A');
select throws_ok($$ update backup.runs set run_id = '2026-01-01T00:00:00Z-00000a' $$, '23514', null, 'runs rejects the id 2026-01-01T00:00:00Z-00000a');
select throws_ok($$ update backup.runs set state = 'complete', finished_at = now() $$, '23514', null, 'runs rejects completion without a manifest');
select throws_ok($$ update backup.runs set state = 'complete', finished_at = now(), manifest_key = 'k' $$, '23514', null, 'runs rejects a manifest without its hash');
select throws_ok($$ update backup.runs set manifest_key = 'k', manifest_sha256 = 's' $$, '23514', null, 'runs rejects a manifest before completion');
select throws_ok($$ update backup.runs set state = 'complete', manifest_key = 'k', manifest_sha256 = 's' $$, '23514', null, 'runs rejects completion without a time');
select throws_ok($$ update backup.runs set state = 'failed', finished_at = now() $$, '23514', null, 'runs rejects failure without a reason');
select throws_ok($$ update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300' $$, '23514', null, 'runs rejects failure without a message');
select throws_ok($$ update backup.runs set failure_code = 'HF300', failure_message = 'm' $$, '23514', null, 'runs rejects a reason without failure');
select throws_ok($$ update backup.runs set finished_at = now() $$, '23514', null, 'runs rejects an end while it is active');
select lives_ok($$ update backup.runs set state = 'complete', finished_at = now(), manifest_key = 'k', manifest_sha256 = 's' $$, 'runs accepts completion with a manifest');
select throws_ok($$ update backup.runs set objects_deleted_at = now() $$, '23514', null, 'runs rejects the deletion of a restore point');
select lives_ok($$ update backup.runs set state = 'expired', objects_deleted_at = now() $$, 'runs accepts expiry of a complete run, which keeps its manifest''s name');
select lives_ok($$ insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000b', 'daily', 'http', 'functions', 'x/') $$, 'runs accepts another run once the first has ended');
select lives_ok($$ update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'm' where state = 'starting' $$, 'runs accepts failure with a reason');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.runs'::regclass), true, 'runs has row level security');
select policies_are('backup', 'runs', array['service_role_reads'], 'runs has one policy');
select policy_roles_are('backup', 'runs', 'service_role_reads', array['service_role'], 'runs shows its rows to service_role');
select policy_cmd_is('backup', 'runs', 'service_role_reads', 'select', 'runs has a policy for reading');
select table_privs_are('backup', 'runs', 'anon', array[]::text[], 'anon may not touch runs');
select table_privs_are('backup', 'runs', 'authenticated', array[]::text[], 'authenticated may not touch runs');
select table_privs_are('backup', 'runs', 'service_role', array['SELECT'], 'service_role may read runs and nothing else');

select * from finish();
rollback;
