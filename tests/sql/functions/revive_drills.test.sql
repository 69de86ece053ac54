-- Tests sql/functions/revive_drills.sql
begin;
select plan(12);

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
select function_returns('backup', 'revive_drills', array[]::text[], 'integer', 'revive_drills() returns integer');
select isnt(obj_description('backup.revive_drills()'::regprocedure), null, 'revive_drills() has a comment');

-- behaviour
select is(backup.revive_drills(), 1, 'revive_drills() sends a worker to a drill that has none');
select is(backup.revive_drills(), 0, 'revive_drills() gives that worker time to begin');
update backup.tickets set issued_at = now() - interval '1 minute';
select isnt(pg_temp.claim(), null, 'revive_drills() meets a worker');
select is(backup.revive_drills(), 0, 'revive_drills() leaves a drill alone that is being worked on');
update backup.drill_steps set lease_until = now() - interval '1 second';
select is(backup.revive_drills(), 1, 'revive_drills() replaces a worker whose lease ran out');
update backup.tickets set issued_at = now() - interval '1 minute';
update backup.drill_steps set state = 'pending', claim_id = null, lease_until = null, not_before = now() + interval '1 minute';
select is(backup.revive_drills(), 0, 'revive_drills() waits for the back-off');
update backup.drill_steps set not_before = now();
update backup.drills set engine = 'cli';
select is(backup.revive_drills(), 0, 'revive_drills() leaves drills of the command alone');

-- permissions
select function_privs_are('backup', 'revive_drills', array[]::text[], 'anon', array[]::text[], 'anon may not execute revive_drills()');
select function_privs_are('backup', 'revive_drills', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute revive_drills()');
select function_privs_are('backup', 'revive_drills', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute revive_drills()');

select * from finish();
rollback;
