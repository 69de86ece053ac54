-- Tests sql/functions/complete_chunks.sql
begin;
select plan(15);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_id)
values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', '00000003-00000001-1');
insert into backup.run_tables (run_id, schema_name, table_name, relid, columns, fingerprint_expression, filenode, pages, planned_rows)
values ('20260101T000000Z-00000a', 'app', 't', 1, '{id}', 'hash', 77, 10, 5);
insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, state, claim_id, lease_until, error_code, error_message)
select '20260101T000000Z-00000a', n, 'data', 'app', 't', format('(%s,0)', n)::tid, 'claimed',
       case when n < 4 then '00000000-0000-0000-0000-00000000000a' else '00000000-0000-0000-0000-00000000000b' end::uuid, now(), 'old', 'old'
from generate_series(1, 4) n;
create function pg_temp.complete(p_claim text, variadic p_chunks integer[]) returns integer language sql as $$
  select backup.complete_chunks('20260101T000000Z-00000a', ('00000000-0000-0000-0000-00000000000' || p_claim)::uuid,
    (select coalesce(jsonb_agg(jsonb_build_object('chunk_no', n, 'object_key', 'k' || n, 'sha256', 's' || n, 'raw_bytes', 10, 'stored_bytes', 4,
       'rows', 2, 'row_hash_sum', 18446744073709551615 * 3, 'objects', '[]'::jsonb)), '[]') from unnest(p_chunks) n)) $$;

-- contract
select function_returns('backup', 'complete_chunks', array['text', 'uuid', 'jsonb'], 'integer', 'complete_chunks() returns integer');
select isnt(obj_description('backup.complete_chunks(text,uuid,jsonb)'::regprocedure), null, 'complete_chunks() has a comment');

-- behaviour
select is(pg_temp.complete('a', 1, 2), 2, 'complete_chunks() returns how many');
select results_eq('select chunk_no, object_key, sha256, raw_bytes, stored_bytes, rows, row_hash_sum, objects from backup.chunks where state = ''done'' order by 1',
  $$ values (1, 'k1', 's1', 10::bigint, 4::bigint, 2::bigint, 55340232221128654845::numeric, '[]'::jsonb), (2, 'k2', 's2', 10, 4, 2, 55340232221128654845, '[]') $$,
  'complete_chunks() stores results, sums above 64 bits included');
select is((select count(*)::integer from backup.chunks where state = 'done' and claim_id is null and lease_until is null and done_at >= now() and error_code is null and error_message is null), 2,
  'complete_chunks() ends claim and lease and clears earlier errors');
select is((select state from backup.chunks where chunk_no = 3), 'claimed', 'complete_chunks() leaves chunks that are not named claimed');
select throws_ok($$ select pg_temp.complete('a', 3, 4) $$, 'HF004', null, 'complete_chunks() rejects a chunk of another claim with HF004');
select is((select count(*)::integer from backup.chunks where state = 'claimed'), 2, 'complete_chunks() records all or none');
select throws_ok($$ select pg_temp.complete('a', 3, 1) $$, 'HF004', null, 'complete_chunks() rejects a chunk that is done with HF004');
update backup.chunks set claim_id = '00000000-0000-0000-0000-00000000000c' where chunk_no = 4;
select throws_ok($$ select pg_temp.complete('b', 4) $$, 'HF004', null, 'complete_chunks() rejects a claim that was taken over with HF004');
select throws_ok($$ select backup.complete_chunks('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a', '[{"chunk_no": 3}]') $$, '23514', null,
  'complete_chunks() does not accept a data chunk without its object');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x';
select throws_ok($$ select pg_temp.complete('a', 3) $$, 'HF003', null, 'complete_chunks() rejects a run that has ended with HF003');

-- permissions
select function_privs_are('backup', 'complete_chunks', array['text', 'uuid', 'jsonb'], 'anon', array[]::text[], 'anon may not execute complete_chunks()');
select function_privs_are('backup', 'complete_chunks', array['text', 'uuid', 'jsonb'], 'authenticated', array[]::text[], 'authenticated may not execute complete_chunks()');
select function_privs_are('backup', 'complete_chunks', array['text', 'uuid', 'jsonb'], 'service_role', array[]::text[], 'service_role may not execute complete_chunks()');

select * from finish();
rollback;
