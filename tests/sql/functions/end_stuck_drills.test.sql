-- Tests sql/functions/end_stuck_drills.sql
begin;
select plan(10);

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
select function_returns('backup', 'end_stuck_drills', array[]::text[], 'setof uuid', 'end_stuck_drills() returns setof uuid');
select isnt(obj_description('backup.end_stuck_drills()'::regprocedure), null, 'end_stuck_drills() has a comment');

-- behaviour
select is_empty('select * from backup.end_stuck_drills()', 'end_stuck_drills() leaves a young drill alone');
update backup.drills set started_at = now() - interval '61 minutes', engine = 'cli';
select is_empty('select * from backup.end_stuck_drills()', 'end_stuck_drills() leaves drills of the command alone');
update backup.drills set engine = 'functions';
select results_eq('select * from backup.end_stuck_drills()', 'select pg_temp.d()', 'end_stuck_drills() ends a drill that takes longer than it may');
select results_eq('select state, failure_code, failure_message from backup.drills', $$ values ('failed', 'HF521', 'drill has not ended within 01:00:00') $$, 'end_stuck_drills() records why');
select is((select cause from backup.alerts), 'drill_failed', 'end_stuck_drills() raises the alert');

-- permissions
select function_privs_are('backup', 'end_stuck_drills', array[]::text[], 'anon', array[]::text[], 'anon may not execute end_stuck_drills()');
select function_privs_are('backup', 'end_stuck_drills', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute end_stuck_drills()');
select function_privs_are('backup', 'end_stuck_drills', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute end_stuck_drills()');

select * from finish();
rollback;
