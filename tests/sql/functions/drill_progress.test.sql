-- Tests sql/functions/drill_progress.sql
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
select function_returns('backup', 'drill_progress', array['uuid'], 'record', 'drill_progress() returns record');
select isnt(obj_description('backup.drill_progress(uuid)'::regprocedure), null, 'drill_progress() has a comment');

-- behaviour
select results_eq('select state, verdict, steps_done, steps_total, kind, phase, held, next_claim_in from backup.drill_progress(pg_temp.d())',
  $$ values ('running', null::backup.verdict, 0, 1, 'begin', 'prepare', false, null::interval) $$, 'drill_progress() tells the next step');
select isnt(pg_temp.claim(), null, 'drill_progress() is asked about a claimed step');
select is((select held from backup.drill_progress(pg_temp.d())), true, 'drill_progress() tells that somebody works on it');
update backup.drill_steps set lease_until = now() - interval '1 second';
select is((select held from backup.drill_progress(pg_temp.d())), false, 'drill_progress() tells when its lease ran out');
update backup.drill_steps set state = 'pending', claim_id = null, lease_until = null, not_before = now() + interval '1 minute';
select ok((select next_claim_in between interval '50 seconds' and interval '1 minute' from backup.drill_progress(pg_temp.d())), 'drill_progress() tells when the back-off ends');
select is((select state from backup.drill_progress('00000000-0000-0000-0000-00000000000f')), null, 'drill_progress() knows no other drill');

-- permissions
select function_privs_are('backup', 'drill_progress', array['uuid'], 'anon', array[]::text[], 'anon may not execute drill_progress()');
select function_privs_are('backup', 'drill_progress', array['uuid'], 'authenticated', array[]::text[], 'authenticated may not execute drill_progress()');
select function_privs_are('backup', 'drill_progress', array['uuid'], 'service_role', array[]::text[], 'service_role may not execute drill_progress()');

select * from finish();
rollback;
