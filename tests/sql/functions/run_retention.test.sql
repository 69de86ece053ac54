-- Tests sql/functions/run_retention.sql
begin;
select plan(13);

-- arrange
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.settings set retention_minimum = 1, retention_grace = '2 days';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T010000Z-aaaaaa', 'complete', 'daily', 'sql', 'cli', 'p/a/', '2026-01-01 01:00Z', '2026-01-01 01:00Z', 'p/a/manifest.json', 's'),
       ('20260102T010000Z-bbbbbb', 'complete', 'daily', 'sql', 'cli', 'p/b/', '2026-01-02 01:00Z', '2026-01-02 01:00Z', 'p/b/manifest.json', 's'),
       ('20260103T010000Z-cccccc', 'complete', 'daily', 'sql', 'cli', 'p/c/', '2026-01-03 01:00Z', '2026-01-03 01:00Z', 'p/c/manifest.json', 's');
update backup.settings set functions_url = null, external_clock = true;

-- contract
select function_returns('backup', 'run_retention', array[]::text[], 'jsonb', 'run_retention() returns jsonb');
select isnt(obj_description('backup.run_retention()'::regprocedure), null, 'run_retention() has a comment');

-- behaviour
update backup.runs set snapshot_at = snapshot_at - interval '10 years';
select is(backup.run_retention(), '{"mode": "dry_run", "expire": 2}', 'run_retention() counts and does nothing unless told');
select is_empty('select from backup.tickets', 'run_retention() starts nothing then');
select is_empty('select from backup.retention_marks', 'run_retention() marks nothing then');
update backup.settings set retention_mode = 'apply';
select is(backup.run_retention(), '{"mode": "apply", "expire": 2}', 'run_retention() applies when told');
select results_eq('select function_name, body from backup.tickets', $$ values ('apply-retention', '{"apply": true, "trigger": "schedule"}'::jsonb) $$, 'run_retention() leaves the deleting to the function');
update backup.settings set retention_mode = 'off';
delete from backup.tickets;
select is(backup.run_retention(), '{"mode": "off"}', 'run_retention() can be turned off');
select is_empty('select from backup.tickets', 'run_retention() then starts nothing');

-- errors
update backup.settings set retention_mode = 'apply';
update backup.policies set tier = null where provider = 'aws_s3';
select throws_ok('select backup.run_retention()', 'HF600', null, 'run_retention() refuses an empty policy with HF600');

-- permissions
select function_privs_are('backup', 'run_retention', array[]::text[], 'anon', array[]::text[], 'anon may not execute run_retention()');
select function_privs_are('backup', 'run_retention', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute run_retention()');
select function_privs_are('backup', 'run_retention', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute run_retention()');

select * from finish();
rollback;
