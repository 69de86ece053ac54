-- Tests sql/functions/settle_tables.sql
begin;
select plan(19);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message) values
  ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', null, null, null),
  ('20260101T000000Z-00000b', 'failed', 'daily', 'sql', 'cli', 'x/', now(), 'HF300', 'x');
insert into backup.run_tables (run_id, schema_name, table_name, relid, status, reason, columns, planned_rows) values
  ('20260101T000000Z-00000a', 'app', 'counted', 1, 'pending', null, '{id}', 5),
  ('20260101T000000Z-00000a', 'app', 'uncounted', 2, 'pending', null, '{id}', null),
  ('20260101T000000Z-00000a', 'app', 'empty', 3, 'pending', null, '{id}', 0),
  ('20260101T000000Z-00000a', 'app', 'excluded', 4, 'excluded', 'a reason', '{id}', null),
  ('20260101T000000Z-00000b', 'app', 'counted', 1, 'pending', null, '{id}', 5);
insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, state, object_key, sha256, rows, row_hash_sum, done_at, claim_id, lease_until) values
  ('20260101T000000Z-00000a', 1, 'data', 'app', 'counted', '(0,0)', 'done', 'k', 's', 2, 18446744073709551615, now(), null, null),
  ('20260101T000000Z-00000a', 2, 'data', 'app', 'counted', '(1,0)', 'done', 'k', 's', 3, 17, now(), null, null),
  ('20260101T000000Z-00000a', 3, 'data', 'app', 'counted', '(0,0)', 'replaced', 'k', 's', 5, 99, null, null, null),
  ('20260101T000000Z-00000a', 4, 'data', 'app', 'uncounted', '(0,0)', 'done', 'k', 's', 7, -1, now(), null, null),
  ('20260101T000000Z-00000b', 1, 'data', 'app', 'counted', '(0,0)', 'done', 'k', 's', 4, 1000, now(), null, null);

update backup.chunks set end_tid = '(1,0)' where run_id = '20260101T000000Z-00000a' and chunk_no = 1;

-- contract
select function_returns('backup', 'settle_tables', array['text'], 'integer', 'settle_tables() returns integer');
select isnt(obj_description('backup.settle_tables(text)'::regprocedure), null, 'settle_tables() has a comment');

-- behaviour
select is(backup.settle_tables('20260101T000000Z-00000a'), 3, 'settle_tables() returns how many tables are in the backup');
select results_eq($$ select table_name, status::text, rows, fingerprint from backup.run_tables where run_id = '20260101T000000Z-00000a' order by relid $$,
  $$ values ('counted', 'exported', 5::bigint, '0000000000000010'), ('uncounted', 'exported', 7, 'ffffffffffffffff'),
            ('empty', 'exported', 0, '0000000000000000'), ('excluded', 'excluded', null, null) $$,
  'settle_tables() adds up the chunks that are done, modulo 2^64, and leaves excluded tables alone');
select is((select status::text from backup.run_tables where run_id = '20260101T000000Z-00000b'), 'pending', 'settle_tables() leaves other runs alone');
select is(backup.settle_tables('20260101T000000Z-00000a'), 3, 'settle_tables() can be called again');
update backup.chunks set rows = 4 where run_id = '20260101T000000Z-00000a' and chunk_no = 2;
select throws_ok($$ select backup.settle_tables('20260101T000000Z-00000a') $$, 'HF304', 'table app.counted was copied with 6 rows', 'settle_tables() rejects a row too many with HF304');
update backup.chunks set state = 'replaced', done_at = null where run_id = '20260101T000000Z-00000a' and chunk_no = 2;
select throws_ok($$ select backup.settle_tables('20260101T000000Z-00000a') $$, 'HF304', 'table app.counted was copied with 2 rows', 'settle_tables() rejects missing rows with HF304');
delete from backup.chunks where run_id = '20260101T000000Z-00000a' and table_name = 'counted';
delete from backup.run_tables where run_id = '20260101T000000Z-00000a' and table_name = 'counted';
update backup.run_tables set pages = 9 where run_id = '20260101T000000Z-00000a' and table_name = 'uncounted';
create function pg_temp.with_ranges(p_ranges text[]) returns integer language plpgsql as $$
begin
  delete from backup.chunks where run_id = '20260101T000000Z-00000a';
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, state, object_key, sha256, rows, row_hash_sum, done_at)
  select '20260101T000000Z-00000a', n, 'data', 'app', 'uncounted', split_part(r, ' ', 1)::tid, nullif(split_part(r, ' ', 2), '')::tid, 'done', 'k', 's', 1, 1, now()
  from unnest(p_ranges) with ordinality as p(r, n);
  return backup.settle_tables('20260101T000000Z-00000a');
end $$;
select is(pg_temp.with_ranges('{"(4,7) ","(0,0) (4,0)","(4,0) (4,7)"}'), 2, 'settle_tables() accepts chunks that cover the table from its first page to its end, in any order');
select throws_ok(format('select pg_temp.with_ranges(%L)', ranges), 'HF304', 'the chunks of table app.uncounted do not cover it exactly once', 'settle_tables() rejects with HF304: ' || problem)
from (values ('{"(0,0) (4,0)","(5,0) "}', 'a gap'), ('{"(0,0) (4,0)","(3,9) "}', 'an overlap'), ('{"(1,0) "}', 'a start behind the first page'),
             ('{"(0,0) (4,0)"}', 'an end'), ('{}', 'no chunks although there are pages')) v(ranges, problem);
select is(backup.settle_tables('20260101T000000Z-00000c'), 0, 'settle_tables() has nothing to do for an unknown run');

-- A run that statistics do not know yet.
delete from backup.run_tables; delete from backup.chunks;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message)
select format('20250101T00000%sZ-00000a', n), 'failed', 'daily', 'sql', 'cli', 'x/', now(), 'HF300', 'x' from generate_series(1, 6) n;
create function pg_temp.fill(p_run_id text) returns void language sql as $$
  insert into backup.run_tables (run_id, schema_name, table_name, relid, status, columns, planned_rows) select p_run_id, 'app', 't' || n, n, 'pending', '{id}', 1 from generate_series(1, 600) n;
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, state, object_key, sha256, rows, row_hash_sum, done_at)
  select p_run_id, n, 'data', 'app', 't' || n, '(0,0)', 'done', 'k', 's', 1, 1, now() from generate_series(1, 600) n;
$$;
do $$ begin perform pg_temp.fill(run_id) from backup.runs where run_id like '2025%'; end $$;
analyze backup.run_tables; analyze backup.chunks;
do $$ begin perform pg_temp.fill('20260101T000000Z-00000a'); end $$;
set local statement_timeout = '10s';
select lives_ok($$ select backup.settle_tables('20260101T000000Z-00000a') $$, 'settle_tables() adds up the chunks of hundreds of tables once, not once for each');
set local statement_timeout = 0;

-- permissions
select function_privs_are('backup', 'settle_tables', array['text'], 'anon', array[]::text[], 'anon may not execute settle_tables()');
select function_privs_are('backup', 'settle_tables', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute settle_tables()');
select function_privs_are('backup', 'settle_tables', array['text'], 'service_role', array[]::text[], 'service_role may not execute settle_tables()');

select * from finish();
rollback;
