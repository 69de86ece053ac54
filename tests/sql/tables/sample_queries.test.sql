-- Tests sql/tables/sample_queries.sql
begin;
select plan(26);

-- arrange
delete from backup.sample_queries;

-- contract
select columns_are('backup', 'sample_queries', array['name', 'query', 'expectation', 'expected_value', 'max_ms', 'enabled', 'description'], 'sample_queries has its columns');
select col_is_pk('backup', 'sample_queries', array['name'], 'sample_queries has a key');
select isnt(obj_description('backup.sample_queries'::regclass), null, 'sample_queries has a comment');

-- behaviour
select lives_ok($$ insert into backup.sample_queries (name, query) values ('q', 'select 1') $$, 'sample_queries accepts a name and a query');
select results_eq('select expectation, max_ms, enabled from backup.sample_queries', $$ values ('runs', 5000, true) $$, 'sample_queries expects a query to run within 5 seconds');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', ' ', 'runs', null) $$, '23514', null, 'sample_queries rejects a blank query');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'pleases', null) $$, '23514', null, 'sample_queries rejects another expectation');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'runs', '1') $$, '23514', null, 'sample_queries rejects a value that runs does not use');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'non_empty', '1') $$, '23514', null, 'sample_queries rejects a value that non_empty does not use');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'empty', '1') $$, '23514', null, 'sample_queries rejects a value that empty does not use');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'rows_min', null) $$, '23514', null, 'sample_queries rejects null for rows_min');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'rows_min', '-1') $$, '23514', null, 'sample_queries rejects "-1" for rows_min');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'rows_min', 'many') $$, '23514', null, 'sample_queries rejects "many" for rows_min');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'rows_equal', null) $$, '23514', null, 'sample_queries rejects null for rows_equal');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'rows_equal', '-1') $$, '23514', null, 'sample_queries rejects "-1" for rows_equal');
select throws_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('b', 'select 1', 'rows_equal', 'many') $$, '23514', null, 'sample_queries rejects "many" for rows_equal');
select lives_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('c', 'select 1', 'rows_min', '0') $$, 'sample_queries accepts a number of rows');
select lives_ok($$ insert into backup.sample_queries (name, query, expectation, expected_value) values ('d', 'select 1', 'scalar_equals', null) $$, 'sample_queries accepts NULL as an expected value');
select throws_ok($$ update backup.sample_queries set max_ms = 0 $$, '23514', null, 'sample_queries rejects a budget of nothing');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.sample_queries'::regclass), true, 'sample_queries has row level security');
select policies_are('backup', 'sample_queries', array['service_role_reads'], 'sample_queries has one policy');
select policy_roles_are('backup', 'sample_queries', 'service_role_reads', array['service_role'], 'sample_queries shows its rows to service_role');
select policy_cmd_is('backup', 'sample_queries', 'service_role_reads', 'select', 'sample_queries has a policy for reading');
select table_privs_are('backup', 'sample_queries', 'anon', array[]::text[], 'anon may not touch sample_queries');
select table_privs_are('backup', 'sample_queries', 'authenticated', array[]::text[], 'authenticated may not touch sample_queries');
select table_privs_are('backup', 'sample_queries', 'service_role', array['SELECT'], 'service_role may read sample_queries and nothing else');

select * from finish();
rollback;
