-- Tests sql/functions/held_chunks.sql
begin;
select plan(11);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_id)
values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', '00000003-00000001-1');
insert into backup.chunks (run_id, chunk_no, kind, state, claim_id, lease_until) values
  ('20260101T000000Z-00000a', 3, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000a', now() + interval '1 hour'),
  ('20260101T000000Z-00000a', 2, 'schema',  'claimed', '00000000-0000-0000-0000-00000000000a', now() - interval '1 hour'),
  ('20260101T000000Z-00000a', 4, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000b', now() + interval '1 hour'),
  ('20260101T000000Z-00000a', 5, 'globals', 'pending', null, null);

-- contract
select function_returns('backup', 'held_chunks', array['text', 'uuid'], 'setof backup.chunks', 'held_chunks() returns setof backup.chunks');
select isnt(obj_description('backup.held_chunks(text,uuid)'::regprocedure), null, 'held_chunks() has a comment');

-- behaviour
select results_eq($$ select chunk_no from backup.held_chunks('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a') $$,
  'values (2), (3)', 'held_chunks() returns the chunks of the claim in order, also after the lease while nobody took over');
select throws_ok($$ select backup.held_chunks('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000c') $$, 'HF004', null, 'held_chunks() rejects an unknown claim with HF004');
update backup.chunks set claim_id = '00000000-0000-0000-0000-00000000000b' where claim_id is not null;
select throws_ok($$ select backup.held_chunks('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a') $$, 'HF004', null, 'held_chunks() rejects a claim whose chunks were taken over with HF004');
select throws_ok($$ select backup.held_chunks('20260101T000000Z-00000a', null) $$, 'HF004', null, 'held_chunks() rejects no claim with HF004');
select throws_ok($$ select backup.held_chunks('20260101T000000Z-00000b', '00000000-0000-0000-0000-00000000000b') $$, 'HF003', null, 'held_chunks() rejects an unknown run with HF003');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x';
select throws_ok($$ select backup.held_chunks('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000b') $$, 'HF003', null, 'held_chunks() rejects a run that has ended with HF003');

-- permissions
select function_privs_are('backup', 'held_chunks', array['text', 'uuid'], 'anon', array[]::text[], 'anon may not execute held_chunks()');
select function_privs_are('backup', 'held_chunks', array['text', 'uuid'], 'authenticated', array[]::text[], 'authenticated may not execute held_chunks()');
select function_privs_are('backup', 'held_chunks', array['text', 'uuid'], 'service_role', array[]::text[], 'service_role may not execute held_chunks()');

select * from finish();
rollback;
