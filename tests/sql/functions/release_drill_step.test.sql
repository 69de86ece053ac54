-- Tests sql/functions/release_drill_step.sql
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
select function_returns('backup', 'release_drill_step', array['uuid', 'integer', 'uuid', 'text', 'text', 'boolean'], 'boolean', 'release_drill_step() returns boolean');
select isnt(obj_description('backup.release_drill_step(uuid, integer, uuid, text, text, boolean)'::regprocedure), null, 'release_drill_step() has a comment');

-- behaviour
select is(backup.release_drill_step(pg_temp.d(), 1, pg_temp.claim(), 'HF203', 'storage is away', true), true, 'release_drill_step() promises another attempt');
select results_eq($$ select state, error_code, error_message, not_before > clock_timestamp() from backup.drill_steps $$, $$ values ('pending', 'HF203', 'storage is away', true) $$, 'release_drill_step() keeps the error and waits');
update backup.drill_steps set not_before = now();
select is(backup.release_drill_step(pg_temp.d(), 1, pg_temp.claim(), 'HF203', 'still away', true), false, 'release_drill_step() gives up when the attempts are spent');
select results_eq('select state, failure_code, failure_message from backup.drills', $$ values ('failed', 'HF203', 'still away') $$, 'release_drill_step() fails the drill with the last error');
update backup.drills set state = 'running', verdict = null, finished_at = null, failure_code = null, failure_message = null;
update backup.drill_steps set not_before = now(), attempts = 0;
select is(backup.release_drill_step(pg_temp.d(), 1, pg_temp.claim(), 'HF501', 'Object "x" is damaged', false), false, 'release_drill_step() does not repeat what cannot succeed');
select is((select failure_code from backup.drills), 'HF501', 'release_drill_step() fails the drill at once');
select throws_ok($$ select backup.release_drill_step(pg_temp.d(), 1, gen_random_uuid(), 'HF501', 'x', true) $$, 'HF522', null, 'release_drill_step() rejects a drill that is over with HF522');

-- permissions
select function_privs_are('backup', 'release_drill_step', array['uuid', 'integer', 'uuid', 'text', 'text', 'boolean'], 'anon', array[]::text[], 'anon may not execute release_drill_step()');
select function_privs_are('backup', 'release_drill_step', array['uuid', 'integer', 'uuid', 'text', 'text', 'boolean'], 'authenticated', array[]::text[], 'authenticated may not execute release_drill_step()');
select function_privs_are('backup', 'release_drill_step', array['uuid', 'integer', 'uuid', 'text', 'text', 'boolean'], 'service_role', array[]::text[], 'service_role may not execute release_drill_step()');

select * from finish();
rollback;
