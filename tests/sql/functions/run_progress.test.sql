-- Tests sql/functions/run_progress.sql
begin;
select plan(12);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/');
create function pg_temp.progress(out claimable bigint, out wait integer) language sql as
  $$ select p.claimable, round(extract(epoch from p.next_claim_in))::integer from backup.run_progress('20260101T000000Z-00000a') p $$;

-- contract
select function_returns('backup', 'run_progress', array['text'], 'record', 'run_progress() returns record');
select isnt(obj_description('backup.run_progress(text)'::regprocedure), null, 'run_progress() has a comment');

-- behaviour
select results_eq($$ select state::text, chunks_done, chunks_total, bytes_done, bytes_total, claimable, next_claim_in from backup.run_progress('20260101T000000Z-00000a') $$,
  $$ values ('exporting', 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, null::interval) $$, 'run_progress() of a run without chunks is zero');
insert into backup.chunks (run_id, chunk_no, kind, state, estimated_bytes, not_before, claim_id, lease_until, done_at) values
  ('20260101T000000Z-00000a', 1, 'plan',     'done',     0,    '-infinity', null, null, now()),
  ('20260101T000000Z-00000a', 2, 'schema',   'done',     100,  '-infinity', null, null, now()),
  ('20260101T000000Z-00000a', 3, 'globals',  'pending',  10,   '-infinity', null, null, null),
  ('20260101T000000Z-00000a', 4, 'globals',  'pending',  10,   clock_timestamp() + interval '60 seconds', null, null, null),
  ('20260101T000000Z-00000a', 5, 'globals',  'pending',  10,   clock_timestamp() + interval '90 seconds', null, null, null),
  ('20260101T000000Z-00000a', 6, 'globals',  'claimed',  10,   '-infinity', '00000000-0000-0000-0000-00000000000a', now() + interval '1 hour', null),
  ('20260101T000000Z-00000a', 7, 'globals',  'claimed',  10,   '-infinity', '00000000-0000-0000-0000-00000000000a', now() - interval '1 hour', null),
  ('20260101T000000Z-00000a', 8, 'globals',  'replaced', 1000, '-infinity', null, null, null),
  ('20260101T000000Z-00000a', 9, 'manifest', 'pending',  0,    '-infinity', null, null, null);
select results_eq($$ select chunks_done, chunks_total, bytes_done, bytes_total from backup.run_progress('20260101T000000Z-00000a') $$,
  $$ values (2::bigint, 8::bigint, 100::bigint, 150::bigint) $$, 'run_progress() counts chunks and bytes, but nothing that was replaced');
select results_eq('select * from pg_temp.progress()', 'values (2::bigint, 60)', 'run_progress() tells what can be claimed in this phase now, lost leases included, and when the next back-off ends');
update backup.chunks set state = 'done', done_at = now(), claim_id = null, lease_until = null where chunk_no <> 8 and chunk_no <> 9;
select results_eq('select * from pg_temp.progress()', 'values (1::bigint, null::integer)', 'run_progress() goes on with the next phase when one is done');
update backup.chunks set state = 'done', done_at = now() where chunk_no = 9;
select results_eq('select * from pg_temp.progress()', 'values (0::bigint, null::integer)', 'run_progress() has nothing to claim at the end');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'snapshot lost';
select results_eq($$ select state::text, failure_code, failure_message from backup.run_progress('20260101T000000Z-00000a') $$, $$ values ('failed', 'HF300', 'snapshot lost') $$, 'run_progress() tells why a run failed');
select results_eq($$ select p is null from backup.run_progress('20260101T000000Z-00000b') p $$, 'values (true)', 'run_progress() of an unknown run is null');

-- permissions
select function_privs_are('backup', 'run_progress', array['text'], 'anon', array[]::text[], 'anon may not execute run_progress()');
select function_privs_are('backup', 'run_progress', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute run_progress()');
select function_privs_are('backup', 'run_progress', array['text'], 'service_role', array[]::text[], 'service_role may not execute run_progress()');

select * from finish();
rollback;
