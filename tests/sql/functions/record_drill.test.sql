-- Tests sql/functions/record_drill.sql
begin;
select plan(16);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.drills; delete from backup.verifications; delete from backup.runs;
update backup.settings set external_clock = true, lease_seconds = 60, max_attempts = 2, drill_timeout = '1 hour', drill_window = '90 days', drill_from = 'latest';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256) values
  ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now() - interval '10 days', now(), 'p/1/manifest.json', 'sha-a'),
  ('20260102T000000Z-bbbbbb', 'complete', 'weekly', 'sql', 'cli', 'p/2/', now() - interval '2 days', now(), 'p/2/manifest.json', 'sha-b');
create function pg_temp.j(p_more jsonb) returns jsonb language sql as $$ select '{"drill_id": "00000000-0000-0000-0000-00000000000e", "run_id": "20260102T000000Z-bbbbbb",
  "target": "embedded", "selection": "latest", "manifest_sha256": "sha-b", "verdict": "passed", "started_at": "2026-01-03T00:00:00Z", "finished_at": "2026-01-03T00:10:00Z",
  "phase_seconds": {"data": 3}, "rows": 5, "raw_bytes": 50}'::jsonb || p_more $$;

-- contract
select function_returns('backup', 'record_drill', array['jsonb'], 'uuid', 'record_drill() returns uuid');
select isnt(obj_description('backup.record_drill(jsonb)'::regprocedure), null, 'record_drill() has a comment');

-- behaviour
select is(backup.record_drill(pg_temp.j('{}')), '00000000-0000-0000-0000-00000000000e', 'record_drill() returns the id of the drill');
select results_eq('select run_id, trigger, engine, target, selection, state, verdict::text, rows, raw_bytes, phase_seconds, finished_at - started_at from backup.drills',
  $$ values ('20260102T000000Z-bbbbbb', 'cli', 'cli', 'embedded', 'latest', 'complete', 'passed', 5::bigint, 50::bigint, '{"data": 3}'::jsonb, interval '10 minutes') $$, 'record_drill() keeps what the command measured');
select ok((select verified from backup.restore_points where run_id = '20260102T000000Z-bbbbbb'), 'record_drill() makes the restore point a verified one');
select is(backup.record_drill(pg_temp.j('{"verdict": "failed"}')), '00000000-0000-0000-0000-00000000000e', 'record_drill() can be called again');
select is((select verdict::text from backup.drills), 'passed', 'record_drill() then changes nothing');
select is(backup.record_drill(pg_temp.j('{"drill_id": "00000000-0000-0000-0000-00000000000f", "verdict": "failed", "failure_code": "HF501", "failure_message": "Object k is damaged"}')), '00000000-0000-0000-0000-00000000000f', 'record_drill() records a failed drill');
select results_eq('select cause, severity from backup.alerts where resolved_at is null', $$ values ('drill_failed', 'critical') $$, 'record_drill() raises the alert');
select is((select state from backup.drills where verdict = 'failed'), 'failed', 'record_drill() tells a drill that broke off from one whose proof failed');
select is(backup.record_drill(pg_temp.j('{"drill_id": null}')) is not null, true, 'record_drill() makes an id when there is none');
select is_empty('select from backup.alerts where resolved_at is null', 'record_drill() resolves the alert after a drill that passed');
select throws_ok($$ select backup.record_drill(pg_temp.j('{"run_id": "20250101T000000Z-aaaaaa"}')) $$, 'HF001', null, 'record_drill() rejects the run of another ledger with HF001');

-- permissions
select function_privs_are('backup', 'record_drill', array['jsonb'], 'anon', array[]::text[], 'anon may not execute record_drill()');
select function_privs_are('backup', 'record_drill', array['jsonb'], 'authenticated', array[]::text[], 'authenticated may not execute record_drill()');
select function_privs_are('backup', 'record_drill', array['jsonb'], 'service_role', array[]::text[], 'service_role may not execute record_drill()');

select * from finish();
rollback;
