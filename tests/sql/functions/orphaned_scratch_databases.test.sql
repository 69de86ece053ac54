-- Tests sql/functions/orphaned_scratch_databases.sql
begin;
select plan(7);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.drills; delete from backup.verifications; delete from backup.runs;
update backup.settings set external_clock = true, lease_seconds = 60, max_attempts = 2, drill_timeout = '1 hour', drill_window = '90 days', drill_from = 'latest';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256) values
  ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now() - interval '10 days', now(), 'p/1/manifest.json', 'sha-a'),
  ('20260102T000000Z-bbbbbb', 'complete', 'weekly', 'sql', 'cli', 'p/2/', now() - interval '2 days', now(), 'p/2/manifest.json', 'sha-b');
insert into backup.drills (drill_id, run_id, trigger) values ('00000000-0000-0000-0000-00000000000d', '20260102T000000Z-bbbbbb', 'sql');
insert into backup.drill_steps (drill_id, step_no, kind, phase) values ('00000000-0000-0000-0000-00000000000d', 1, 'begin', 'prepare');
create function pg_temp.d() returns uuid language sql immutable as $$ select '00000000-0000-0000-0000-00000000000d'::uuid $$;
create function pg_temp.claim() returns uuid language sql as $$ select claim_id from backup.claim_drill_step(pg_temp.d(), 'i1') $$;

-- contract
select function_returns('backup', 'orphaned_scratch_databases', array[]::text[], 'setof record', 'orphaned_scratch_databases() returns setof record');
select isnt(obj_description('backup.orphaned_scratch_databases()'::regprocedure), null, 'orphaned_scratch_databases() has a comment');

-- behaviour
select is_empty($$ select * from backup.orphaned_scratch_databases() $$, 'orphaned_scratch_databases() finds none where there are none');
-- No database can be made inside a transaction; tests/e2e/drill leaves real ones behind.
update backup.drills set state = 'running';
select is_empty($$ select * from backup.orphaned_scratch_databases() where drill_id = pg_temp.d() $$, 'orphaned_scratch_databases() leaves an active drill alone');

-- permissions
select function_privs_are('backup', 'orphaned_scratch_databases', array[]::text[], 'anon', array[]::text[], 'anon may not execute orphaned_scratch_databases()');
select function_privs_are('backup', 'orphaned_scratch_databases', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute orphaned_scratch_databases()');
select function_privs_are('backup', 'orphaned_scratch_databases', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute orphaned_scratch_databases()');

select * from finish();
rollback;
