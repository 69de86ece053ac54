-- Tests sql/functions/skip_drill.sql
begin;
select plan(13);

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
select function_returns('backup', 'skip_drill', array['uuid', 'integer', 'uuid', 'text'], 'void', 'skip_drill() returns nothing');
select isnt(obj_description('backup.skip_drill(uuid, integer, uuid, text)'::regprocedure), null, 'skip_drill() has a comment');

-- errors: a worker that lost its step, or never held it
create temporary table claims as select 'stale' as whose, pg_temp.claim() as claim_id;
update backup.drill_steps set lease_until = clock_timestamp() - interval '1 second';
insert into claims select 'held', pg_temp.claim();
select throws_ok($$ select backup.skip_drill(pg_temp.d(), 1, (select claim_id from claims where whose = 'stale'), 'late') $$, 'HF523', null,
  'skip_drill() rejects with HF523 a worker whose step another one has taken over');
select throws_ok($$ select backup.skip_drill(pg_temp.d(), 2, (select claim_id from claims where whose = 'held'), 'another step') $$, 'HF523', null,
  'skip_drill() rejects with HF523 a claim of another step');
select is((select state from backup.drills), 'running', 'skip_drill() leaves the drill to the worker that holds its step');

-- behaviour
select lives_ok($$ select backup.skip_drill(pg_temp.d(), 1, (select claim_id from claims where whose = 'held'), 'It is too large.') $$, 'skip_drill() ends the drill');
select results_eq('select state, verdict::text, failure_code, proof, finished_at is not null from backup.drills',
  $$ values ('complete', 'skipped', null::text, '{"skipped": "It is too large."}'::jsonb, true) $$, 'skip_drill() takes it neither for passed nor for failed');
select results_eq('select cause, severity, message from backup.alerts where resolved_at is null',
  $$ values ('drill_failed', 'warning', 'Restore drill of 20260102T000000Z-bbbbbb was skipped: It is too large.') $$, 'skip_drill() tells a person');
select is((select verified from backup.restore_points where run_id = '20260102T000000Z-bbbbbb'), false, 'skip_drill() verifies nothing');
select throws_ok($$ select backup.skip_drill(pg_temp.d(), 1, (select claim_id from claims where whose = 'held'), 'later') $$, 'HF522', null,
  'skip_drill() rejects with HF522 a drill that has ended');

-- permissions
select function_privs_are('backup', 'skip_drill', array['uuid', 'integer', 'uuid', 'text'], 'anon', array[]::text[], 'anon may not execute skip_drill()');
select function_privs_are('backup', 'skip_drill', array['uuid', 'integer', 'uuid', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute skip_drill()');
select function_privs_are('backup', 'skip_drill', array['uuid', 'integer', 'uuid', 'text'], 'service_role', array[]::text[], 'service_role may not execute skip_drill()');

select * from finish();
rollback;
