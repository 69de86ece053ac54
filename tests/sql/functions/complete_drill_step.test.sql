-- Tests sql/functions/complete_drill_step.sql
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
select function_returns('backup', 'complete_drill_step', array['uuid', 'integer', 'uuid', 'numeric', 'jsonb', 'jsonb'], 'integer', 'complete_drill_step() returns integer');
select isnt(obj_description('backup.complete_drill_step(uuid, integer, uuid, numeric, jsonb, jsonb)'::regprocedure), null, 'complete_drill_step() has a comment');

-- behaviour
select is(backup.complete_drill_step(pg_temp.d(), 1, pg_temp.claim(), 1.5, '{"a": 1}',
  '[{"kind": "load", "phase": "data", "payload": {"n": 7}}, {"kind": "plan", "phase": "schema_before", "alone": true}]'), 2, 'complete_drill_step() returns the number of steps left');
select results_eq('select state, seconds, result, claim_id from backup.drill_steps where step_no = 1', $$ values ('done', 1.5, '{"a": 1}'::jsonb, null::uuid) $$, 'complete_drill_step() keeps result and time');
select results_eq('select step_no, kind, phase, alone, payload, state from backup.drill_steps where step_no > 1 order by 1',
  $$ values (2, 'load', 'data', false, '{"n": 7}'::jsonb, 'pending'), (3, 'plan', 'schema_before', true, '{}', 'pending') $$, 'complete_drill_step() appends the steps that follow, in their order');
select throws_ok($$ select backup.complete_drill_step(pg_temp.d(), 1, gen_random_uuid(), 1) $$, 'HF523', null, 'complete_drill_step() rejects a second report with HF523');
select throws_ok($$ select backup.complete_drill_step(pg_temp.d(), 2, pg_temp.claim(), 1, null, '[{"phase": "data"}]') $$, '23502', null, 'complete_drill_step() rejects a step without a kind');
select is((select state from backup.drill_steps where step_no = 2), 'pending', 'complete_drill_step() keeps nothing of a rejected report');

-- permissions
select function_privs_are('backup', 'complete_drill_step', array['uuid', 'integer', 'uuid', 'numeric', 'jsonb', 'jsonb'], 'anon', array[]::text[], 'anon may not execute complete_drill_step()');
select function_privs_are('backup', 'complete_drill_step', array['uuid', 'integer', 'uuid', 'numeric', 'jsonb', 'jsonb'], 'authenticated', array[]::text[], 'authenticated may not execute complete_drill_step()');
select function_privs_are('backup', 'complete_drill_step', array['uuid', 'integer', 'uuid', 'numeric', 'jsonb', 'jsonb'], 'service_role', array[]::text[], 'service_role may not execute complete_drill_step()');

select * from finish();
rollback;
