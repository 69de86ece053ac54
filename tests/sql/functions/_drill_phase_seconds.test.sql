-- Tests sql/functions/_drill_phase_seconds.sql
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
select function_returns('backup', '_drill_phase_seconds', array['uuid'], 'jsonb', '_drill_phase_seconds() returns jsonb');
select isnt(obj_description('backup._drill_phase_seconds(uuid)'::regprocedure), null, '_drill_phase_seconds() has a comment');

-- behaviour
select is(backup._drill_phase_seconds(pg_temp.d()), '{}', '_drill_phase_seconds() of a drill that has done nothing is empty');
insert into backup.drill_steps (drill_id, step_no, kind, phase, state, seconds) values (pg_temp.d(), 2, 'load', 'data', 'done', 1.25), (pg_temp.d(), 3, 'load', 'data', 'done', 2), (pg_temp.d(), 4, 'roles', 'roles', 'done', 0.1);
select is(backup._drill_phase_seconds(pg_temp.d()), '{"data": 3.250, "roles": 0.100}', '_drill_phase_seconds() adds the steps of a phase');

-- permissions
select function_privs_are('backup', '_drill_phase_seconds', array['uuid'], 'anon', array[]::text[], 'anon may not execute _drill_phase_seconds()');
select function_privs_are('backup', '_drill_phase_seconds', array['uuid'], 'authenticated', array[]::text[], 'authenticated may not execute _drill_phase_seconds()');
select function_privs_are('backup', '_drill_phase_seconds', array['uuid'], 'service_role', array[]::text[], 'service_role may not execute _drill_phase_seconds()');

select * from finish();
rollback;
