-- Tests sql/functions/live_workers.sql
begin;
select plan(9);

-- arrange
delete from backup.runs;
delete from backup.tickets;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message) values
  ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'functions', 'x/', null, null, null), ('20260101T000000Z-00000b', 'failed', 'daily', 'sql', 'functions', 'x/', now(), 'HF300', 'x');

-- contract
select function_returns('backup', 'live_workers', array['text'], 'integer', 'live_workers() returns integer');
select isnt(obj_description('backup.live_workers(text)'::regprocedure), null, 'live_workers() has a comment');

-- behaviour
select is(backup.live_workers('20260101T000000Z-00000a'), 0, 'live_workers() of a new run is zero');
insert into backup.chunks (run_id, chunk_no, kind, state, claim_id, claimed_by, lease_until, done_at) values
  ('20260101T000000Z-00000a', 1, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000a', 'w1', now() + interval '1 hour', null),
  ('20260101T000000Z-00000a', 2, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000a', 'w1', now() + interval '1 hour', null),
  ('20260101T000000Z-00000a', 3, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000b', 'w2', now() + interval '1 hour', null),
  ('20260101T000000Z-00000a', 4, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000b', 'w3', now() - interval '1 hour', null),
  ('20260101T000000Z-00000a', 5, 'globals', 'done',    null, 'w4', null, now()),
  ('20260101T000000Z-00000b', 1, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000b', 'w5', now() + interval '1 hour', null);
select is(backup.live_workers('20260101T000000Z-00000a'), 2, 'live_workers() counts the workers of running leases of this run once each');
insert into backup.tickets (function_name, run_id, issued_at, expires_at) values
  ('export-backup', '20260101T000000Z-00000a', clock_timestamp(), now() + interval '1 hour'),
  ('export-backup', '20260101T000000Z-00000a', clock_timestamp() - interval '21 seconds', now() + interval '1 hour'),
  ('export-backup', '20260101T000000Z-00000b', clock_timestamp(), now() + interval '1 hour');
select is(backup.live_workers('20260101T000000Z-00000a'), 3, 'live_workers() counts a worker that was sent for a moment ago');
select is(backup.live_workers('20260101T000000Z-00000c'), 0, 'live_workers() of an unknown run is zero');

-- permissions
select function_privs_are('backup', 'live_workers', array['text'], 'anon', array[]::text[], 'anon may not execute live_workers()');
select function_privs_are('backup', 'live_workers', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute live_workers()');
select function_privs_are('backup', 'live_workers', array['text'], 'service_role', array[]::text[], 'service_role may not execute live_workers()');

select * from finish();
rollback;
