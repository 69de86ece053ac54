-- Tests sql/tables/chunks.sql
begin;
select plan(31);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'cli', 'x/');
insert into backup.run_tables (run_id, schema_name, table_name, relid, columns) values ('20260101T000000Z-00000a', 'app', 't', 1, '{id}');

-- contract
select columns_are('backup', 'chunks', array['run_id', 'chunk_no', 'kind', 'phase', 'schema_name', 'table_name', 'first_tid', 'end_tid', 'estimated_bytes', 'state', 'attempts', 'not_before', 'claim_id', 'claimed_by', 'claimed_at', 'lease_until', 'object_key', 'sha256', 'raw_bytes', 'stored_bytes', 'rows', 'row_hash_sum', 'objects', 'positions', 'error_code', 'error_message', 'done_at'], 'chunks has its columns');
select col_is_pk('backup', 'chunks', array['run_id', 'chunk_no'], 'chunks has a key');
select isnt(obj_description('backup.chunks'::regclass), null, 'chunks has a comment');
select is_empty($$ select conname from pg_constraint c where c.conrelid = 'backup.chunks'::regclass and c.contype = 'f'
  and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null) $$, 'chunks has an index for each foreign key');

-- behaviour
insert into backup.chunks (run_id, chunk_no, kind) select '20260101T000000Z-00000a', row_number() over (), k from unnest(array['plan', 'schema', 'globals', 'schema_sql', 'sequences', 'manifest']::backup.chunk_kind[]) k;
select lives_ok($$ insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid) values ('20260101T000000Z-00000a', 7, 'data', 'app', 't', '(0,0)') $$, 'chunks accepts a range of a planned table');
select results_eq('select kind::text, phase::integer from backup.chunks order by 2, 1', $$ values ('plan', 0), ('data', 1), ('globals', 1), ('schema', 1), ('schema_sql', 2), ('sequences', 2), ('manifest', 3) $$, 'chunks puts the plan first, then data, then sequences, and the manifest last');
select results_eq('select distinct state, attempts, not_before from backup.chunks', $$ values ('pending'::backup.chunk_state, 0, '-infinity'::timestamptz) $$, 'chunks starts pending and claimable');
select throws_ok($$ insert into backup.chunks (run_id, chunk_no, kind) values ('20260101T000000Z-00000a', 9, 'data') $$, '23514', null, 'chunks rejects data without a table');
select throws_ok($$ insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name) values ('20260101T000000Z-00000a', 9, 'data', 'app', 't') $$, '23514', null, 'chunks rejects data without a range');
select throws_ok($$ insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid) values ('20260101T000000Z-00000a', 9, 'globals', 'app', 't', '(0,0)') $$, '23514', null, 'chunks rejects a range on what is not data');
select throws_ok($$ insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid) values ('20260101T000000Z-00000a', 9, 'data', 'app', 'other', '(0,0)') $$, '23503', null, 'chunks rejects a table that was not planned');
select throws_ok($$ insert into backup.chunks (run_id, chunk_no, kind) values ('20260101T000000Z-00000b', 1, 'plan') $$, '23503', null, 'chunks rejects an unknown run');
select throws_ok($$ insert into backup.chunks (run_id, chunk_no, kind) values ('20260101T000000Z-00000a', 1, 'plan') $$, '23505', null, 'chunks rejects a number used before');
select throws_ok($$ update backup.chunks set state = 'claimed' where chunk_no = 1 $$, '23514', null, 'chunks rejects a claim without a lease');
select throws_ok($$ update backup.chunks set claim_id = gen_random_uuid(), lease_until = now() where chunk_no = 1 $$, '23514', null, 'chunks rejects a lease without a claim');
select throws_ok($$ update backup.chunks set state = 'done' where chunk_no = 1 $$, '23514', null, 'chunks rejects an end without a time');
select throws_ok($$ update backup.chunks set done_at = now() where chunk_no = 1 $$, '23514', null, 'chunks rejects a time without an end');
select lives_ok($$ update backup.chunks set state = 'done', done_at = now() where chunk_no = 1 $$, 'chunks accepts a plan that is done without an object');
select throws_ok($$ update backup.chunks set state = 'done', done_at = now(), object_key = null, sha256 = 's', rows = 0, row_hash_sum = 0 where chunk_no = 7 $$, '23514', null, 'chunks rejects copied data without its object');
select throws_ok($$ update backup.chunks set state = 'done', done_at = now(), object_key = 'k', sha256 = null, rows = 0, row_hash_sum = 0 where chunk_no = 7 $$, '23514', null, 'chunks rejects copied data without its hash');
select throws_ok($$ update backup.chunks set state = 'done', done_at = now(), object_key = 'k', sha256 = 's', rows = null, row_hash_sum = 0 where chunk_no = 7 $$, '23514', null, 'chunks rejects copied data without its row count');
select throws_ok($$ update backup.chunks set state = 'done', done_at = now(), object_key = 'k', sha256 = 's', rows = 0, row_hash_sum = null where chunk_no = 7 $$, '23514', null, 'chunks rejects copied data without its row hashes');
select lives_ok($$ update backup.chunks set state = 'done', done_at = now(), object_key = 'k', sha256 = 's', rows = 0, row_hash_sum = 0 where chunk_no = 7 $$, 'chunks accepts copied data with its proof');
delete from backup.runs;
select is_empty('select * from backup.chunks', 'chunks go with their run');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.chunks'::regclass), true, 'chunks has row level security');
select policies_are('backup', 'chunks', array['service_role_reads'], 'chunks has one policy');
select policy_roles_are('backup', 'chunks', 'service_role_reads', array['service_role'], 'chunks shows its rows to service_role');
select policy_cmd_is('backup', 'chunks', 'service_role_reads', 'select', 'chunks has a policy for reading');
select table_privs_are('backup', 'chunks', 'anon', array[]::text[], 'anon may not touch chunks');
select table_privs_are('backup', 'chunks', 'authenticated', array[]::text[], 'authenticated may not touch chunks');
select table_privs_are('backup', 'chunks', 'service_role', array['SELECT'], 'service_role may read chunks and nothing else');

select * from finish();
rollback;
