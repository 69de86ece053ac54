-- Tests sql/tables/objectives.sql
begin;
select plan(14);

-- contract
select columns_are('backup', 'objectives', array['name', 'target', 'description'], 'objectives has its columns');
select col_is_pk('backup', 'objectives', array['name'], 'objectives has a key');
select isnt(obj_description('backup.objectives'::regclass), null, 'objectives has a comment');

-- behaviour
select results_eq('select name, target from backup.objectives order by 1', $$ values ('rpo', interval '1 hour'), ('rto', interval '4 hours') $$, 'objectives starts with 4 hours to restore and 1 hour to lose');
select throws_ok($$ insert into backup.objectives (name, target, description) values ('mtbf', '1 hour', 'd') $$, '23514', null, 'objectives rejects another name');
select throws_ok($$ update backup.objectives set target = '0' $$, '23514', null, 'objectives rejects a target of nothing');
select throws_ok($$ insert into backup.objectives (name, target, description) values ('rto', '1 hour', 'd') $$, '23505', null, 'objectives rejects a second target');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.objectives'::regclass), true, 'objectives has row level security');
select policies_are('backup', 'objectives', array['service_role_reads'], 'objectives has one policy');
select policy_roles_are('backup', 'objectives', 'service_role_reads', array['service_role'], 'objectives shows its rows to service_role');
select policy_cmd_is('backup', 'objectives', 'service_role_reads', 'select', 'objectives has a policy for reading');
select table_privs_are('backup', 'objectives', 'anon', array[]::text[], 'anon may not touch objectives');
select table_privs_are('backup', 'objectives', 'authenticated', array[]::text[], 'authenticated may not touch objectives');
select table_privs_are('backup', 'objectives', 'service_role', array['SELECT'], 'service_role may read objectives and nothing else');

select * from finish();
rollback;
