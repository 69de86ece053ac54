-- Tests sql/tables/run_tables.sql
begin;
select plan(22);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'cli', 'x/');

-- contract
select columns_are('backup', 'run_tables', array['run_id', 'schema_name', 'table_name', 'relid', 'status', 'reason', 'columns', 'fingerprint_expression', 'filenode', 'pages', 'total_bytes', 'planned_rows', 'rows', 'fingerprint'], 'run_tables has its columns');
select col_is_pk('backup', 'run_tables', array['run_id', 'schema_name', 'table_name'], 'run_tables has a key');
select isnt(obj_description('backup.run_tables'::regclass), null, 'run_tables has a comment');
select is_empty($$ select conname from pg_constraint c where c.conrelid = 'backup.run_tables'::regclass and c.contype = 'f'
  and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null) $$, 'run_tables has an index for each foreign key');

-- behaviour
select lives_ok($$ insert into backup.run_tables (run_id, schema_name, table_name, relid, columns) values ('20260101T000000Z-00000a', 'app', 't', 1, '{id}') $$, 'run_tables accepts a planned table');
select results_eq('select status, pages, total_bytes from backup.run_tables', $$ values ('pending'::backup.table_status, 0::bigint, 0::bigint) $$, 'run_tables takes a table as pending');
select throws_ok($$ insert into backup.run_tables (run_id, schema_name, table_name, relid, columns) values ('20260101T000000Z-00000a', 'app', 't', 1, '{id}') $$, '23505', null, 'run_tables rejects a table named twice');
select throws_ok($$ insert into backup.run_tables (run_id, schema_name, table_name, relid, columns) values ('20260101T000000Z-00000b', 'app', 't', 1, '{id}') $$, '23503', null, 'run_tables rejects an unknown run');
select throws_ok($$ update backup.run_tables set status = 'excluded' $$, '23514', null, 'run_tables rejects an exclusion without a reason');
select throws_ok($$ update backup.run_tables set reason = 'r' $$, '23514', null, 'run_tables rejects a reason without an exclusion');
select throws_ok($$ update backup.run_tables set status = 'exported', rows = 1 $$, '23514', null, 'run_tables rejects an export without a fingerprint');
select throws_ok($$ update backup.run_tables set status = 'exported', fingerprint = 'f' $$, '23514', null, 'run_tables rejects an export without a row count');
select throws_ok($$ update backup.run_tables set rows = 1, fingerprint = 'f' $$, '23514', null, 'run_tables rejects proof of what was not exported');
select lives_ok($$ update backup.run_tables set status = 'exported', rows = 0, fingerprint = 'f' $$, 'run_tables accepts an export with its proof');
delete from backup.runs;
select is_empty('select * from backup.run_tables', 'run_tables go with their run');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.run_tables'::regclass), true, 'run_tables has row level security');
select policies_are('backup', 'run_tables', array['service_role_reads'], 'run_tables has one policy');
select policy_roles_are('backup', 'run_tables', 'service_role_reads', array['service_role'], 'run_tables shows its rows to service_role');
select policy_cmd_is('backup', 'run_tables', 'service_role_reads', 'select', 'run_tables has a policy for reading');
select table_privs_are('backup', 'run_tables', 'anon', array[]::text[], 'anon may not touch run_tables');
select table_privs_are('backup', 'run_tables', 'authenticated', array[]::text[], 'authenticated may not touch run_tables');
select table_privs_are('backup', 'run_tables', 'service_role', array['SELECT'], 'service_role may read run_tables and nothing else');

select * from finish();
rollback;
