-- Tests sql/functions/claim_chunks.sql
begin;
select plan(31);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_id)
values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', '00000003-00000001-1');
insert into backup.run_tables (run_id, schema_name, table_name, relid, columns, fingerprint_expression, filenode, pages, planned_rows)
values ('20260101T000000Z-00000a', 'app', 't', 1, '{id}', 'hash', 77, 10, 5);
insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes)
select '20260101T000000Z-00000a', v.* from (values
  (1, 'plan'::backup.chunk_kind, null, null, null::tid, null::tid, 0), (2, 'schema', null, null, null, null, 0), (3, 'globals', null, null, null, null, 0),
  (4, 'data', 'app', 't', '(0,0)', '(4,0)', 600), (5, 'data', 'app', 't', '(4,0)', '(6,0)', 300),
  (6, 'data', 'app', 't', '(6,0)', '(8,0)', 200), (7, 'data', 'app', 't', '(8,0)', null, 5000),
  (8, 'schema_sql', null, null, null, null, 0), (9, 'sequences', null, null, null, null, 0), (10, 'manifest', null, null, null, null, 0)) v;
create function pg_temp.take(p_max integer default 32, p_bytes bigint default 1000, p_fresh boolean default true) returns setof integer language sql as $$
  select c.chunk_no from backup.claim_chunks('20260101T000000Z-00000a', 'worker', p_max, p_bytes, p_fresh) c $$;
-- What complete_chunks() does to a chunk.
create procedure pg_temp.finish(variadic p_chunks integer[]) language sql as $$
  update backup.chunks set state = 'done', done_at = now(), claim_id = null, lease_until = null,
         object_key = 'k', sha256 = 's', rows = 0, row_hash_sum = 0
   where chunk_no = any (p_chunks) $$;
--- behaviour: phases and bundles
select is_empty($$ select * from backup.claim_chunks('20260101T000000Z-00000b', 'worker') $$, 'claim_chunks() has nothing for an unknown run');
select results_eq('select pg_temp.take()', 'values (1)', 'claim_chunks() hands out the plan alone');
select is_empty('select pg_temp.take()', 'claim_chunks() hands out nothing of the next phase while the plan is claimed');
call pg_temp.finish(1);
select results_eq('select pg_temp.take(p_fresh => false)', 'values (3)', 'claim_chunks() does not give the schema to a worker that has worked before');
select results_eq('select pg_temp.take()', 'values (2)', 'claim_chunks() gives the schema alone to a fresh worker');
select results_eq('select pg_temp.take()', 'values (4), (5)', 'claim_chunks() bundles data chunks up to the byte limit');
select results_eq('select pg_temp.take(p_bytes => 10)', 'values (6)', 'claim_chunks() hands out a chunk larger than the limit alone');
update backup.chunks set state = 'pending', claim_id = null, lease_until = null, attempts = 0 where chunk_no in (4, 5, 6);
select results_eq('select pg_temp.take(2, 1000000)', 'values (4), (5)', 'claim_chunks() hands out no more chunks than asked for');
select results_eq('select pg_temp.take(32, 1000000)', 'values (6), (7)', 'claim_chunks() does not hand out claimed chunks');
call pg_temp.finish(2, 3, 4, 5, 6, 7);
select results_eq('select pg_temp.take(p_fresh => false)', 'values (9)', 'claim_chunks() does not give the rendering of the schema to a worker that has worked before');
select results_eq('select pg_temp.take()', 'values (8)', 'claim_chunks() gives the rendering to a fresh worker');
select is_empty('select pg_temp.take()', 'claim_chunks() holds the manifest back until everything else is done');
call pg_temp.finish(8, 9);
select results_eq('select pg_temp.take()', 'values (10)', 'claim_chunks() hands out the manifest last');

-- behaviour: what a claim holds
update backup.chunks set state = 'pending', claim_id = null, lease_until = null, done_at = null, attempts = 0 where chunk_no in (4, 5);
create temp table claim as select * from backup.claim_chunks('20260101T000000Z-00000a', 'worker', 32, 1000);
select results_eq('select chunk_no, kind, attempt, schema_name, table_name, first_tid, end_tid, estimated_bytes, columns, fingerprint_expression, filenode from claim order by 1',
  $$ values (4, 'data'::backup.chunk_kind, 1, 'app', 't', '(0,0)'::tid, '(4,0)'::tid, 600::bigint, '{id}'::text[], 'hash', 77::oid),
            (5, 'data', 1, 'app', 't', '(4,0)', '(6,0)', 300, '{id}', 'hash', 77) $$, 'claim_chunks() returns all that the copy needs');
select is((select count(distinct claim_id)::integer from claim), 1, 'claim_chunks() gives a bundle one claim id');
select is((select count(*)::integer from backup.chunks c join claim using (chunk_no, claim_id)
           where c.state = 'claimed' and c.claimed_by = 'worker' and c.lease_until - c.claimed_at = interval '120 seconds'), 2,
  'claim_chunks() records worker and lease');

-- behaviour: leases, back-off and attempts
update backup.chunks set lease_until = clock_timestamp() - interval '1 second' where chunk_no = 4;
create temp table successor as select * from backup.claim_chunks('20260101T000000Z-00000a', 'other');
select results_eq('select chunk_no, attempt from successor', 'values (4, 2)', 'claim_chunks() hands out a chunk again when its lease has run out');
select isnt((select claim_id from successor), (select claim_id from claim where chunk_no = 4), 'claim_chunks() gives it another claim id');
select throws_ok(format('select backup.complete_chunks(''20260101T000000Z-00000a'', %L, ''[{"chunk_no": 4}]'')', (select claim_id from claim limit 1)), 'HF004', null,
  'claim_chunks() fences the worker that lost the chunk');
update backup.chunks set state = 'pending', claim_id = null, lease_until = null, not_before = clock_timestamp() + interval '1 minute' where chunk_no = 4;
select is_empty('select pg_temp.take()', 'claim_chunks() respects the back-off');
update backup.settings set max_attempts = 3;
update backup.chunks set not_before = '-infinity', attempts = 2 where chunk_no = 4;
select results_eq('select pg_temp.take()', 'values (4)', 'claim_chunks() allows the last attempt');
update backup.chunks set lease_until = clock_timestamp() - interval '1 second' where chunk_no = 4;
select is_empty('select pg_temp.take()', 'claim_chunks() gives a chunk up when its attempts are spent');
select results_eq('select state, failure_code, failure_message, failure_detail from backup.runs',
  $$ values ('failed'::backup.run_state, 'HF307', 'chunk 4 was given up by 3 workers', 'Chunk 4 (data app.t) after 3 attempts.') $$,
  'claim_chunks() fails the run when all workers died over a chunk');
update backup.chunks set attempts = 0 where chunk_no = 4;
select is_empty('select pg_temp.take()', 'claim_chunks() hands out nothing of a failed run');
update backup.chunks set attempts = 3 where chunk_no = 4;
update backup.runs set state = 'exporting', failure_code = null, failure_message = null, finished_at = null;
update backup.chunks set error_code = '57014', error_message = 'canceled' where chunk_no = 4;
select is_empty('select pg_temp.take()', 'claim_chunks() gives up a chunk whose last error is known');
select results_eq('select failure_code, failure_message from backup.runs', $$ values ('57014', 'canceled') $$, 'claim_chunks() fails the run with the last error');

-- contract
select function_returns('backup', 'claim_chunks', array['text', 'text', 'integer', 'bigint', 'boolean'], 'setof record', 'claim_chunks() returns setof record');
select isnt(obj_description('backup.claim_chunks(text,text,integer,bigint,boolean)'::regprocedure), null, 'claim_chunks() has a comment');

-- behaviour


-- permissions
select function_privs_are('backup', 'claim_chunks', array['text', 'text', 'integer', 'bigint', 'boolean'], 'anon', array[]::text[], 'anon may not execute claim_chunks()');
select function_privs_are('backup', 'claim_chunks', array['text', 'text', 'integer', 'bigint', 'boolean'], 'authenticated', array[]::text[], 'authenticated may not execute claim_chunks()');
select function_privs_are('backup', 'claim_chunks', array['text', 'text', 'integer', 'bigint', 'boolean'], 'service_role', array[]::text[], 'service_role may not execute claim_chunks()');

select * from finish();
rollback;
