-- Tests sql/functions/claim_drill_step.sql
begin;
select plan(18);

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
select function_returns('backup', 'claim_drill_step', array['uuid', 'text', 'boolean'], 'setof record', 'claim_drill_step() returns setof record');
select isnt(obj_description('backup.claim_drill_step(uuid, text, boolean)'::regprocedure), null, 'claim_drill_step() has a comment');

-- behaviour
select results_eq($$ select step_no, kind, phase, alone, payload, attempt from backup.claim_drill_step(pg_temp.d(), 'i1') $$,
  $$ values (1, 'begin', 'prepare', false, '{}'::jsonb, 1) $$, 'claim_drill_step() hands out the first step');
select results_eq('select state, invocation, lease_until > clock_timestamp() from backup.drill_steps', $$ values ('claimed', 'i1', true) $$, 'claim_drill_step() records who holds it');
select ok((select lease_until < clock_timestamp() + interval '46 seconds' from backup.drill_steps), 'claim_drill_step() gives a short lease, which a living worker renews');
select is_empty($$ select from backup.claim_drill_step(pg_temp.d(), 'i2') $$, 'claim_drill_step() hands nothing to a second worker');
insert into backup.drill_steps (drill_id, step_no, kind, phase) values (pg_temp.d(), 2, 'load', 'data');
select is_empty($$ select from backup.claim_drill_step(pg_temp.d(), 'i2') $$, 'claim_drill_step() does not overtake a step that is being worked on');
update backup.drill_steps set lease_until = now() - interval '1 second' where step_no = 1;
select results_eq($$ select step_no, attempt from backup.claim_drill_step(pg_temp.d(), 'i2') $$, 'values (1, 2)', 'claim_drill_step() gives a step whose lease ran out to another worker');
update backup.drill_steps set state = 'done', seconds = 1, claim_id = null, lease_until = null where step_no = 1;
update backup.drill_steps set alone = true where step_no = 2;
select is_empty($$ select from backup.claim_drill_step(pg_temp.d(), 'i2', false) $$, 'claim_drill_step() keeps a heavy step from a worker that has worked already');
update backup.drill_steps set not_before = now() + interval '1 minute' where step_no = 2;
select is_empty($$ select from backup.claim_drill_step(pg_temp.d(), 'i3') $$, 'claim_drill_step() waits for the back-off');
update backup.drill_steps set not_before = now() where step_no = 2;
select is((select step_no from backup.claim_drill_step(pg_temp.d(), 'i3')), 2, 'claim_drill_step() hands the heavy step to a fresh worker');
update backup.drill_steps set attempts = 2, lease_until = now() - interval '1 second' where step_no = 2;
select is_empty($$ select from backup.claim_drill_step(pg_temp.d(), 'i4') $$, 'claim_drill_step() hands out no step whose attempts are spent');
select results_eq('select state, verdict::text, failure_code, failure_message from backup.drills', $$ values ('failed', 'failed', 'HF520', 'step 2 (load) was given up by 2 workers') $$, 'claim_drill_step() fails the drill instead');
select is_empty($$ select from backup.claim_drill_step(pg_temp.d(), 'i5') $$, 'claim_drill_step() hands nothing out of a drill that is over');
select is_empty($$ select from backup.claim_drill_step('00000000-0000-0000-0000-00000000000f', 'i5') $$, 'claim_drill_step() hands nothing out of an unknown drill');

-- permissions
select function_privs_are('backup', 'claim_drill_step', array['uuid', 'text', 'boolean'], 'anon', array[]::text[], 'anon may not execute claim_drill_step()');
select function_privs_are('backup', 'claim_drill_step', array['uuid', 'text', 'boolean'], 'authenticated', array[]::text[], 'authenticated may not execute claim_drill_step()');
select function_privs_are('backup', 'claim_drill_step', array['uuid', 'text', 'boolean'], 'service_role', array[]::text[], 'service_role may not execute claim_drill_step()');

select * from finish();
rollback;
