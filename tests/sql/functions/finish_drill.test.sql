-- Tests sql/functions/finish_drill.sql
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
select function_returns('backup', 'finish_drill', array['uuid', 'integer', 'uuid', 'numeric', 'jsonb'], 'void', 'finish_drill() returns void');
select isnt(obj_description('backup.finish_drill(uuid, integer, uuid, numeric, jsonb)'::regprocedure), null, 'finish_drill() has a comment');

-- behaviour
select backup.raise_alert('drill_failed', 'critical', 'an earlier one') > 0 as raised;
insert into backup.drill_steps (drill_id, step_no, kind, phase) values (pg_temp.d(), 2, 'end', 'prove');
select throws_ok($$ select backup.finish_drill(pg_temp.d(), 1, pg_temp.claim(), 1, '{"verdict": "passed"}') $$, 'HF524', null, 'finish_drill() rejects an end before the last step with HF524');
select is((select state from backup.drills), 'running', 'finish_drill() then changes nothing');
update backup.drill_steps set state = 'done', seconds = 2, claim_id = null, lease_until = null where step_no = 1;
select lives_ok($$ select backup.finish_drill(pg_temp.d(), 2, pg_temp.claim(), 0.5, '{"verdict": "passed", "rows": 10, "raw_bytes": 1000, "proof": {"checks": 3}, "proof_key": "p/2/proofs/x.json"}') $$, 'finish_drill() ends the drill');
select results_eq('select state, verdict::text, rows, raw_bytes, proof, proof_key, phase_seconds, finished_at is not null from backup.drills',
  $$ values ('complete', 'passed', 10::bigint, 1000::bigint, '{"checks": 3}'::jsonb, 'p/2/proofs/x.json', '{"prepare": 2.000, "prove": 0.500}'::jsonb, true) $$, 'finish_drill() records the verdict and what was restored');
select ok((select verified from backup.restore_points where run_id = '20260102T000000Z-bbbbbb'), 'finish_drill() makes the restore point a verified one');
select is_empty('select from backup.alerts where resolved_at is null', 'finish_drill() resolves the alert of an earlier drill');
select throws_ok($$ select backup.finish_drill(pg_temp.d(), 2, gen_random_uuid(), 1, '{"verdict": "failed"}') $$, 'HF522', null, 'finish_drill() ends a drill once');

-- permissions
select function_privs_are('backup', 'finish_drill', array['uuid', 'integer', 'uuid', 'numeric', 'jsonb'], 'anon', array[]::text[], 'anon may not execute finish_drill()');
select function_privs_are('backup', 'finish_drill', array['uuid', 'integer', 'uuid', 'numeric', 'jsonb'], 'authenticated', array[]::text[], 'authenticated may not execute finish_drill()');
select function_privs_are('backup', 'finish_drill', array['uuid', 'integer', 'uuid', 'numeric', 'jsonb'], 'service_role', array[]::text[], 'service_role may not execute finish_drill()');

select * from finish();
rollback;
