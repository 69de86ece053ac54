-- Tests sql/functions/_drill_alert.sql
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
select function_returns('backup', '_drill_alert', array['uuid'], 'void', '_drill_alert() returns void');
select isnt(obj_description('backup._drill_alert(uuid)'::regprocedure), null, '_drill_alert() has a comment');

-- behaviour
select lives_ok('select backup._drill_alert(pg_temp.d())', '_drill_alert() accepts an active drill');
select is_empty('select from backup.alerts', '_drill_alert() says nothing about it');
update backup.drills set state = 'complete', verdict = 'inconclusive', finished_at = now();
select lives_ok('select backup._drill_alert(pg_temp.d())', '_drill_alert() accepts a proof that could not look');
select results_eq('select severity, message from backup.alerts', $$ values ('warning', 'Restore drill of 20260102T000000Z-bbbbbb: the proof is inconclusive') $$, '_drill_alert() warns of it');
update backup.drills set verdict = 'failed', proof = '{"failed": ["rows public.a"]}';
select lives_ok('select backup._drill_alert(pg_temp.d())', '_drill_alert() accepts a proof that failed');
select results_eq($$ select severity, details -> 'failed' from backup.alerts $$, $$ values ('critical', '["rows public.a"]'::jsonb) $$, '_drill_alert() names what failed');
update backup.drills set verdict = 'passed';
select lives_ok('select backup._drill_alert(pg_temp.d())', '_drill_alert() accepts a drill that passed');
select is_empty('select from backup.alerts where resolved_at is null', '_drill_alert() takes the alert back');

-- permissions
select function_privs_are('backup', '_drill_alert', array['uuid'], 'anon', array[]::text[], 'anon may not execute _drill_alert()');
select function_privs_are('backup', '_drill_alert', array['uuid'], 'authenticated', array[]::text[], 'authenticated may not execute _drill_alert()');
select function_privs_are('backup', '_drill_alert', array['uuid'], 'service_role', array[]::text[], 'service_role may not execute _drill_alert()');

select * from finish();
rollback;
