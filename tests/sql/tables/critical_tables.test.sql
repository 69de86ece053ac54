-- Tests sql/tables/critical_tables.sql
begin;
select plan(20);

-- arrange
delete from backup.critical_tables;

-- contract
select columns_are('backup', 'critical_tables', array['schema_name', 'table_name', 'min_rows', 'required_columns', 'freshness_column', 'max_age', 'predicate', 'description'], 'critical_tables has its columns');
select col_is_pk('backup', 'critical_tables', array['schema_name', 'table_name'], 'critical_tables has a key');
select isnt(obj_description('backup.critical_tables'::regclass), null, 'critical_tables has a comment');

-- behaviour
select lives_ok($$ insert into backup.critical_tables (table_name) values ('t') $$, 'critical_tables accepts a name alone');
select results_eq('select schema_name, min_rows, required_columns from backup.critical_tables', $$ values ('public', 1::bigint, '{}'::text[]) $$, 'critical_tables expects at least one row in public');
select throws_ok($$ insert into backup.critical_tables (table_name) values ('t') $$, '23505', null, 'critical_tables rejects a table named twice');
select throws_ok($$ update backup.critical_tables set min_rows = -1 $$, '23514', null, 'critical_tables rejects a negative number of rows');
select throws_ok($$ update backup.critical_tables set required_columns = '{id,null}' $$, '23514', null, 'critical_tables rejects a column without a name');
select throws_ok($$ update backup.critical_tables set freshness_column = 'a' $$, '23514', null, 'critical_tables rejects freshness without an age');
select throws_ok($$ update backup.critical_tables set max_age = '1 day' $$, '23514', null, 'critical_tables rejects an age without a column');
select throws_ok($$ update backup.critical_tables set freshness_column = 'a', max_age = '0' $$, '23514', null, 'critical_tables rejects an age of nothing');
select throws_ok($$ update backup.critical_tables set predicate = ' ' $$, '23514', null, 'critical_tables rejects a blank predicate');
select lives_ok($$ update backup.critical_tables set min_rows = 0, required_columns = '{id}', freshness_column = 'a', max_age = '1 day', predicate = 'true' $$, 'critical_tables accepts everything at once');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.critical_tables'::regclass), true, 'critical_tables has row level security');
select policies_are('backup', 'critical_tables', array['service_role_reads'], 'critical_tables has one policy');
select policy_roles_are('backup', 'critical_tables', 'service_role_reads', array['service_role'], 'critical_tables shows its rows to service_role');
select policy_cmd_is('backup', 'critical_tables', 'service_role_reads', 'select', 'critical_tables has a policy for reading');
select table_privs_are('backup', 'critical_tables', 'anon', array[]::text[], 'anon may not touch critical_tables');
select table_privs_are('backup', 'critical_tables', 'authenticated', array[]::text[], 'authenticated may not touch critical_tables');
select table_privs_are('backup', 'critical_tables', 'service_role', array['SELECT'], 'service_role may read critical_tables and nothing else');

select * from finish();
rollback;
