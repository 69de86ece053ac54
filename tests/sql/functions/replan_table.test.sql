-- Tests sql/functions/replan_table.sql
begin;
select plan(18);

-- arrange
delete from backup.runs;
update backup.settings set chunk_bytes = 16384;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/');
insert into backup.run_tables (run_id, schema_name, table_name, relid, columns, filenode, pages, total_bytes, planned_rows) values
  ('20260101T000000Z-00000a', 'app', 'counted', 1, '{id}', 100, 4, 32768, 50), ('20260101T000000Z-00000a', 'app', 'big', 2, '{id}', 200, 4, 32768, null);
insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, state, claim_id, lease_until, object_key, sha256, rows, row_hash_sum, done_at) values
  ('20260101T000000Z-00000a', 1, 'globals', null,  null,      null,    'claimed', '00000000-0000-0000-0000-00000000000a',   now(), null, null, null, null, null),
  ('20260101T000000Z-00000a', 2, 'data',    'app', 'counted', '(0,0)', 'done',    null, null,  'k',  's',  30,   1,    now()),
  ('20260101T000000Z-00000a', 3, 'data',    'app', 'counted', '(2,0)', 'claimed', '00000000-0000-0000-0000-00000000000a',   now(), null, null, null, null, null),
  ('20260101T000000Z-00000a', 4, 'data',    'app', 'big',     '(0,0)', 'claimed', '00000000-0000-0000-0000-00000000000a',   now(), null, null, null, null, null);
create function pg_temp.replan(p_chunk integer, p_filenode integer, p_rows bigint, p_claim uuid default '00000000-0000-0000-0000-00000000000a') returns boolean language sql as $$
  select backup.replan_table('20260101T000000Z-00000a', p_claim, p_chunk, p_filenode::oid, 5, 40960, p_rows) $$;
create function pg_temp.ledger() returns text language sql as $$
  select string_agg(l, ';' order by l) from (select c::text from backup.chunks c union all select t::text from backup.run_tables t) x(l) $$;
create temporary table before as select pg_temp.ledger() as ledger;

-- contract
select function_returns('backup', 'replan_table', array['text', 'uuid', 'integer', 'oid', 'bigint', 'bigint', 'bigint'], 'boolean', 'replan_table() returns boolean');
select isnt(obj_description('backup.replan_table(text,uuid,integer,oid,bigint,bigint,bigint)'::regprocedure), null, 'replan_table() has a comment');

-- behaviour
select is(pg_temp.replan(4, 999, 50), false, 'replan_table() gives up a table that was never counted');
select is(pg_temp.replan(3, 999, 49), false, 'replan_table() gives up a table of which the snapshot sees fewer rows now');
select is(pg_temp.replan(3, 100, 0), true, 'replan_table() has nothing to do when the storage file is the planned one');
select throws_ok('select pg_temp.replan(2, 999, 50)', 'HF004', null, 'replan_table() rejects a chunk that is done with HF004');
select throws_ok('select pg_temp.replan(1, 999, 50)', 'HF004', null, 'replan_table() rejects a chunk without rows with HF004');
select throws_ok('select pg_temp.replan(3, 999, 50, ' || quote_literal('00000000-0000-0000-0000-00000000000b') || ')', 'HF004', null, 'replan_table() rejects a claim that is not held with HF004');
select is(pg_temp.ledger(), (select ledger from before), 'replan_table() changes nothing in all these cases');
select is(pg_temp.replan(3, 999, 50), true, 'replan_table() plans a table whose rows are all there again');
select results_eq($$ select state::text, done_at, claim_id, count(*) from backup.chunks where table_name = 'counted' and chunk_no < 5 group by 1, 2, 3 $$,
  $$ values ('replaced', null::timestamptz, null::uuid, 2::bigint) $$, 'replan_table() replaces what was copied and what was not');
select results_eq('select chunk_no, kind::text, schema_name, table_name, first_tid, end_tid, state::text, estimated_bytes from backup.chunks where chunk_no > 4 order by 1',
  $$ values (5, 'data', 'app', 'counted', '(0,0)'::tid, '(2,0)'::tid, 'pending', 16384::bigint), (6, 'data', 'app', 'counted', '(2,0)', '(4,0)', 'pending', 16384),
            (7, 'data', 'app', 'counted', '(4,0)', null, 'pending', 8192) $$, 'replan_table() makes new ranges with new numbers from the first page to the end');
select results_eq($$ select filenode, pages, total_bytes, planned_rows from backup.run_tables where table_name = 'counted' $$,
  'values (999::oid, 5::bigint, 40960::bigint, 50::bigint)', 'replan_table() remembers the new storage file');
select results_eq($$ select t.filenode, c.state::text from backup.run_tables t join backup.chunks c using (table_name) where table_name = 'big' $$,
  $$ values (200::oid, 'claimed') $$, 'replan_table() leaves other tables alone');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x';
select throws_ok('select pg_temp.replan(4, 999, 50)', 'HF003', null, 'replan_table() rejects a run that has ended with HF003');

-- permissions
select function_privs_are('backup', 'replan_table', array['text', 'uuid', 'integer', 'oid', 'bigint', 'bigint', 'bigint'], 'anon', array[]::text[], 'anon may not execute replan_table()');
select function_privs_are('backup', 'replan_table', array['text', 'uuid', 'integer', 'oid', 'bigint', 'bigint', 'bigint'], 'authenticated', array[]::text[], 'authenticated may not execute replan_table()');
select function_privs_are('backup', 'replan_table', array['text', 'uuid', 'integer', 'oid', 'bigint', 'bigint', 'bigint'], 'service_role', array[]::text[], 'service_role may not execute replan_table()');

select * from finish();
rollback;
