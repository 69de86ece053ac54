-- Tests sql/functions/fail_drill.sql
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
select function_returns('backup', 'fail_drill', array['uuid', 'text', 'text'], 'boolean', 'fail_drill() returns boolean');
select isnt(obj_description('backup.fail_drill(uuid, text, text)'::regprocedure), null, 'fail_drill() has a comment');

-- behaviour
insert into backup.drill_steps (drill_id, step_no, kind, phase, state, seconds) values (pg_temp.d(), 2, 'load', 'data', 'done', 3);
select is(backup.fail_drill(pg_temp.d(), 'HF501', 'Object "k" is damaged'), true, 'fail_drill() ends the drill');
select results_eq('select state, verdict::text, failure_code, failure_message, phase_seconds, finished_at is not null from backup.drills',
  $$ values ('failed', 'failed', 'HF501', 'Object "k" is damaged', '{"data": 3.000}'::jsonb, true) $$, 'fail_drill() records why, and the phases it came through');
select results_eq('select cause, severity, message from backup.alerts where resolved_at is null',
  $$ values ('drill_failed', 'critical', 'Restore drill of 20260102T000000Z-bbbbbb failed: Object "k" is damaged') $$, 'fail_drill() raises the alert');
select is(backup.fail_drill(pg_temp.d(), 'HF203', 'later'), false, 'fail_drill() ends a drill once');
select is((select failure_code from backup.drills), 'HF501', 'fail_drill() keeps the first reason');
select is((select occurrences from backup.alerts), 1, 'fail_drill() raises one alert');
select is(backup.fail_drill('00000000-0000-0000-0000-00000000000f', 'HF203', 'x'), false, 'fail_drill() knows no other drill');

-- permissions
select function_privs_are('backup', 'fail_drill', array['uuid', 'text', 'text'], 'anon', array[]::text[], 'anon may not execute fail_drill()');
select function_privs_are('backup', 'fail_drill', array['uuid', 'text', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute fail_drill()');
select function_privs_are('backup', 'fail_drill', array['uuid', 'text', 'text'], 'service_role', array[]::text[], 'service_role may not execute fail_drill()');

select * from finish();
rollback;
