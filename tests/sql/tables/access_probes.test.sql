-- Tests sql/tables/access_probes.sql
begin;
select plan(15);

-- contract
select columns_are('backup', 'access_probes', array['name', 'role_name', 'claims', 'schema_name', 'table_name', 'enabled', 'description'], 'access_probes has its columns');
select col_is_pk('backup', 'access_probes', array['name'], 'access_probes has a key');
select isnt(obj_description('backup.access_probes'::regclass), null, 'access_probes has a comment');

-- behaviour
select lives_ok($$ insert into backup.access_probes (name, role_name, table_name) values ('p', 'anon', 'orders') $$, 'access_probes accepts a role and a table');
select results_eq('select claims, schema_name, enabled from backup.access_probes', $$ values ('{}'::jsonb, 'public', true) $$, 'access_probes has no claims and schema public by default');
select throws_ok($$ insert into backup.access_probes (name, role_name, table_name) values ('q', 'none', 'orders') $$, '23514', null, 'access_probes rejects the role that means the session''s own');
select throws_ok($$ insert into backup.access_probes (name, role_name, table_name) values ('q', '', 'orders') $$, '23514', null, 'access_probes rejects a role without a name');
select throws_ok($$ insert into backup.access_probes (name, role_name, claims, table_name) values ('q', 'anon', '"token"', 'orders') $$, '23514', null, 'access_probes rejects claims that are no object');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.access_probes'::regclass), true, 'access_probes has row level security');
select policies_are('backup', 'access_probes', array['service_role_reads'], 'access_probes has one policy');
select policy_roles_are('backup', 'access_probes', 'service_role_reads', array['service_role'], 'access_probes shows its rows to service_role');
select policy_cmd_is('backup', 'access_probes', 'service_role_reads', 'select', 'access_probes has a policy for reading');
select table_privs_are('backup', 'access_probes', 'anon', array[]::text[], 'anon may not touch access_probes');
select table_privs_are('backup', 'access_probes', 'authenticated', array[]::text[], 'authenticated may not touch access_probes');
select table_privs_are('backup', 'access_probes', 'service_role', array['SELECT'], 'service_role may read access_probes and nothing else');

select * from finish();
rollback;
