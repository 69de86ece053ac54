-- Tests sql/functions/return_chunks.sql
begin;
select plan(11);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_id)
values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', '00000003-00000001-1');
insert into backup.chunks (run_id, chunk_no, kind, state, claim_id, lease_until, attempts)
select '20260101T000000Z-00000a', n, 'globals', 'claimed', ('00000000-0000-0000-0000-00000000000' || case when n < 3 then 'a' else 'b' end)::uuid, now(), n
from generate_series(1, 3) n;

-- contract
select function_returns('backup', 'return_chunks', array['text', 'uuid'], 'integer', 'return_chunks() returns integer');
select isnt(obj_description('backup.return_chunks(text,uuid)'::regprocedure), null, 'return_chunks() has a comment');

-- behaviour
select is(backup.return_chunks('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a'), 2, 'return_chunks() returns how many');
select results_eq('select chunk_no, state, attempts, claim_id, lease_until from backup.chunks where chunk_no < 3 order by 1',
  $$ values (1, 'pending'::backup.chunk_state, 0, null::uuid, null::timestamptz), (2, 'pending', 1, null, null) $$, 'return_chunks() takes the attempt back');
select ok((select bool_and(not_before <= clock_timestamp()) from backup.chunks where chunk_no < 3), 'return_chunks() imposes no back-off');
select is((select state from backup.chunks where chunk_no = 3), 'claimed', 'return_chunks() leaves the chunks of other claims alone');
select throws_ok($$ select backup.return_chunks('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a') $$, 'HF004', null, 'return_chunks() rejects a claim that holds nothing with HF004');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x';
select throws_ok($$ select backup.return_chunks('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000b') $$, 'HF003', null, 'return_chunks() rejects a run that has ended with HF003');

-- permissions
select function_privs_are('backup', 'return_chunks', array['text', 'uuid'], 'anon', array[]::text[], 'anon may not execute return_chunks()');
select function_privs_are('backup', 'return_chunks', array['text', 'uuid'], 'authenticated', array[]::text[], 'authenticated may not execute return_chunks()');
select function_privs_are('backup', 'return_chunks', array['text', 'uuid'], 'service_role', array[]::text[], 'service_role may not execute return_chunks()');

select * from finish();
rollback;
