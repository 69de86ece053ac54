-- Tests sql/functions/hand_over_drill.sql
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
select function_returns('backup', 'hand_over_drill', array['uuid'], 'boolean', 'hand_over_drill() returns boolean');
select isnt(obj_description('backup.hand_over_drill(uuid)'::regprocedure), null, 'hand_over_drill() has a comment');

-- behaviour
select is(backup.hand_over_drill(pg_temp.d()), true, 'hand_over_drill() sends a worker');
select results_eq('select function_name, body from backup.tickets', $$ values ('restore-drill', '{"action": "work", "drill_id": "00000000-0000-0000-0000-00000000000d"}'::jsonb) $$, 'hand_over_drill() leaves a ticket for it');
update backup.drills set state = 'complete', verdict = 'passed', finished_at = now();
select is(backup.hand_over_drill(pg_temp.d()), false, 'hand_over_drill() sends nobody to a drill that is over');
select is(backup.hand_over_drill('00000000-0000-0000-0000-00000000000f'), false, 'hand_over_drill() sends nobody to an unknown drill');
select is((select count(*)::integer from backup.tickets), 1, 'hand_over_drill() leaves no ticket then');

-- permissions
select function_privs_are('backup', 'hand_over_drill', array['uuid'], 'anon', array[]::text[], 'anon may not execute hand_over_drill()');
select function_privs_are('backup', 'hand_over_drill', array['uuid'], 'authenticated', array[]::text[], 'authenticated may not execute hand_over_drill()');
select function_privs_are('backup', 'hand_over_drill', array['uuid'], 'service_role', array[]::text[], 'service_role may not execute hand_over_drill()');

select * from finish();
rollback;
