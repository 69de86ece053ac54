-- Tests sql/functions/release_chunk.sql
begin;
select plan(17);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_id)
values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', '00000003-00000001-1');
insert into backup.chunks (run_id, chunk_no, kind, state, claim_id, lease_until, attempts)
select '20260101T000000Z-00000a', n, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000a', now(), a
from (values (1, 1), (2, 3), (3, 14), (4, 1)) v(n, a);
update backup.settings set max_attempts = 20;
create function pg_temp.release(p_chunk integer, p_retry boolean default true) returns boolean language sql as $$
  select backup.release_chunk('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a', p_chunk, 'HF210', 'slow down', p_retry) $$;
create function pg_temp.delay(p_chunk integer) returns integer language sql as
  'select round(extract(epoch from not_before - clock_timestamp()))::integer from backup.chunks where chunk_no = p_chunk';

-- contract
select function_returns('backup', 'release_chunk', array['text', 'uuid', 'integer', 'text', 'text', 'boolean'], 'boolean', 'release_chunk() returns boolean');
select isnt(obj_description('backup.release_chunk(text,uuid,integer,text,text,boolean)'::regprocedure), null, 'release_chunk() has a comment');

-- behaviour
select is(pg_temp.release(1), true, 'release_chunk() says that the chunk will be tried again');
select results_eq('select state, attempts, claim_id, lease_until, error_code, error_message from backup.chunks where chunk_no = 1',
  $$ values ('pending'::backup.chunk_state, 1, null::uuid, null::timestamptz, 'HF210', 'slow down') $$, 'release_chunk() keeps the attempt and the error');
select is(pg_temp.delay(1), 2, 'release_chunk() waits 2 s after the first attempt');
select is(pg_temp.release(2) and pg_temp.delay(2) = 8, true, 'release_chunk() doubles the wait with each attempt');
select is(pg_temp.release(3) and pg_temp.delay(3) = 300, true, 'release_chunk() waits 5 minutes at most');
select throws_ok('select pg_temp.release(1)', 'HF004', null, 'release_chunk() rejects a chunk that is not held with HF004');
select is((select state from backup.runs), 'exporting', 'release_chunk() leaves a run with attempts to spare exporting');
savepoint last_attempt;
update backup.settings set max_attempts = 1;
select is(pg_temp.release(4), false, 'release_chunk() says when the attempts are spent');
select results_eq('select state, failure_code, failure_message, failure_detail from backup.runs',
  $$ values ('failed'::backup.run_state, 'HF210', 'slow down', 'Given up after 1 attempts.') $$, 'release_chunk() then fails the run with the error');
select throws_ok('select pg_temp.release(4)', 'HF003', null, 'release_chunk() rejects a run that has ended with HF003');
rollback to last_attempt;
select is(pg_temp.release(4, false), false, 'release_chunk() does not try again what cannot succeed');
select results_eq('select state, failure_code, failure_detail from backup.runs',
  $$ values ('failed'::backup.run_state, 'HF210', null) $$, 'release_chunk() fails the run at once without a retry');

-- permissions
select function_privs_are('backup', 'release_chunk', array['text', 'uuid', 'integer', 'text', 'text', 'boolean'], 'anon', array[]::text[], 'anon may not execute release_chunk()');
select function_privs_are('backup', 'release_chunk', array['text', 'uuid', 'integer', 'text', 'text', 'boolean'], 'authenticated', array[]::text[], 'authenticated may not execute release_chunk()');
select function_privs_are('backup', 'release_chunk', array['text', 'uuid', 'integer', 'text', 'text', 'boolean'], 'service_role', array[]::text[], 'service_role may not execute release_chunk()');

select * from finish();
rollback;
