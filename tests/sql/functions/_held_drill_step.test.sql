-- Tests sql/functions/_held_drill_step.sql
begin;
select plan(11);

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
select function_returns('backup', '_held_drill_step', array['uuid', 'integer', 'uuid'], 'backup.drill_steps', '_held_drill_step() returns backup.drill_steps');
select isnt(obj_description('backup._held_drill_step(uuid, integer, uuid)'::regprocedure), null, '_held_drill_step() has a comment');

-- behaviour
select is((select h.step_no from backup._held_drill_step(pg_temp.d(), 1, pg_temp.claim()) h), 1, '_held_drill_step() returns the step');
select throws_ok($$ select backup._held_drill_step(pg_temp.d(), 1, gen_random_uuid()) $$, 'HF523', null, '_held_drill_step() rejects a foreign claim with HF523');
select throws_ok($$ select backup._held_drill_step(pg_temp.d(), 2, (select claim_id from backup.drill_steps)) $$, 'HF523', null, '_held_drill_step() rejects a claim on another step with HF523');
update backup.drill_steps set lease_until = now() - interval '1 hour';
select lives_ok($$ select backup._held_drill_step(pg_temp.d(), 1, (select claim_id from backup.drill_steps)) $$, '_held_drill_step() lets a late worker report as long as nobody took over');
update backup.drills set state = 'complete', verdict = 'passed', finished_at = now();
select throws_ok($$ select backup._held_drill_step(pg_temp.d(), 1, (select claim_id from backup.drill_steps)) $$, 'HF522', null, '_held_drill_step() rejects a drill that is over with HF522');
select throws_ok($$ select backup._held_drill_step('00000000-0000-0000-0000-00000000000f', 1, gen_random_uuid()) $$, 'HF522', null, '_held_drill_step() rejects an unknown drill with HF522');

-- permissions
select function_privs_are('backup', '_held_drill_step', array['uuid', 'integer', 'uuid'], 'anon', array[]::text[], 'anon may not execute _held_drill_step()');
select function_privs_are('backup', '_held_drill_step', array['uuid', 'integer', 'uuid'], 'authenticated', array[]::text[], 'authenticated may not execute _held_drill_step()');
select function_privs_are('backup', '_held_drill_step', array['uuid', 'integer', 'uuid'], 'service_role', array[]::text[], 'service_role may not execute _held_drill_step()');

select * from finish();
rollback;
