-- Tests sql/tables/row_shrink_limits.sql
begin;
select plan(15);

-- contract
select columns_are('backup', 'row_shrink_limits', array['schema_name', 'table_name', 'threshold', 'reason'], 'row_shrink_limits has its columns');
select col_is_pk('backup', 'row_shrink_limits', array['schema_name', 'table_name'], 'row_shrink_limits has a key');
select isnt(obj_description('backup.row_shrink_limits'::regclass), null, 'row_shrink_limits has a comment');

-- behaviour
select ok((select count(*) >= 10 and bool_and(threshold = 1) from backup.row_shrink_limits where schema_name in ('auth', 'storage')), 'row_shrink_limits starts with the tables whose rows expire');
select lives_ok($$ insert into backup.row_shrink_limits (schema_name, table_name, threshold) values ('app', 'a', 0), ('app', 'b', 1) $$, 'row_shrink_limits accepts none and all');
select throws_ok($$ insert into backup.row_shrink_limits (schema_name, table_name, threshold) values ('app', 'c', -0.1) $$, '23514', null, 'row_shrink_limits rejects less than nothing');
select throws_ok($$ insert into backup.row_shrink_limits (schema_name, table_name, threshold) values ('app', 'c', 1.1) $$, '23514', null, 'row_shrink_limits rejects more than everything');
select throws_ok($$ insert into backup.row_shrink_limits (schema_name, table_name, threshold) values ('app', 'a', 0.5) $$, '23505', null, 'row_shrink_limits rejects a table named twice');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.row_shrink_limits'::regclass), true, 'row_shrink_limits has row level security');
select policies_are('backup', 'row_shrink_limits', array['service_role_reads'], 'row_shrink_limits has one policy');
select policy_roles_are('backup', 'row_shrink_limits', 'service_role_reads', array['service_role'], 'row_shrink_limits shows its rows to service_role');
select policy_cmd_is('backup', 'row_shrink_limits', 'service_role_reads', 'select', 'row_shrink_limits has a policy for reading');
select table_privs_are('backup', 'row_shrink_limits', 'anon', array[]::text[], 'anon may not touch row_shrink_limits');
select table_privs_are('backup', 'row_shrink_limits', 'authenticated', array[]::text[], 'authenticated may not touch row_shrink_limits');
select table_privs_are('backup', 'row_shrink_limits', 'service_role', array['SELECT'], 'service_role may read row_shrink_limits and nothing else');

select * from finish();
rollback;
