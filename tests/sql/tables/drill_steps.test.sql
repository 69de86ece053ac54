-- Tests sql/tables/drill_steps.sql
begin;
select plan(19);

-- arrange
delete from backup.drills; delete from backup.runs;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'cli', 'x/');
insert into backup.drills (drill_id, run_id, trigger) values ('00000000-0000-0000-0000-00000000000d', '20260101T000000Z-00000a', 'sql');

-- contract
select columns_are('backup', 'drill_steps', array['drill_id', 'step_no', 'kind', 'phase', 'alone', 'payload', 'state', 'attempts', 'claim_id', 'invocation', 'lease_until', 'not_before', 'seconds', 'result', 'error_code', 'error_message'], 'drill_steps has its columns');
select col_is_pk('backup', 'drill_steps', array['drill_id', 'step_no'], 'drill_steps has a key');
select isnt(obj_description('backup.drill_steps'::regclass), null, 'drill_steps has a comment');

-- behaviour
select lives_ok($$ insert into backup.drill_steps (drill_id, step_no, kind, phase) values ('00000000-0000-0000-0000-00000000000d', 1, 'load', 'data') $$, 'drill_steps accepts a step');
select throws_ok($$ insert into backup.drill_steps (drill_id, step_no, kind, phase) values ('00000000-0000-0000-0000-00000000000d', 1, 'load', 'data') $$, '23505', null, 'drill_steps rejects a number that is taken');
select throws_ok($$ insert into backup.drill_steps (drill_id, step_no, kind, phase) values ('00000000-0000-0000-0000-00000000000d', 0, 'load', 'data') $$, '23514', null, 'drill_steps rejects step 0');
select throws_ok($$ insert into backup.drill_steps (drill_id, step_no, kind, phase) values ('00000000-0000-0000-0000-00000000000d', 2, '', 'data') $$, '23514', null, 'drill_steps rejects a step without a kind');
select throws_ok($$ update backup.drill_steps set state = 'lost' $$, '23514', null, 'drill_steps rejects another state');
select throws_ok($$ update backup.drill_steps set state = 'claimed' $$, '23514', null, 'drill_steps rejects a claim without a lease');
select throws_ok($$ update backup.drill_steps set claim_id = gen_random_uuid(), lease_until = now() $$, '23514', null, 'drill_steps rejects a lease on a step that is not claimed');
select throws_ok($$ update backup.drill_steps set state = 'done' $$, '23514', null, 'drill_steps rejects a finished step without its time');
delete from backup.drills;
select is_empty('select * from backup.drill_steps', 'drill_steps go with their drill');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.drill_steps'::regclass), true, 'drill_steps has row level security');
select policies_are('backup', 'drill_steps', array['service_role_reads'], 'drill_steps has one policy');
select policy_roles_are('backup', 'drill_steps', 'service_role_reads', array['service_role'], 'drill_steps shows its rows to service_role');
select policy_cmd_is('backup', 'drill_steps', 'service_role_reads', 'select', 'drill_steps has a policy for reading');
select table_privs_are('backup', 'drill_steps', 'anon', array[]::text[], 'anon may not touch drill_steps');
select table_privs_are('backup', 'drill_steps', 'authenticated', array[]::text[], 'authenticated may not touch drill_steps');
select table_privs_are('backup', 'drill_steps', 'service_role', array['SELECT'], 'service_role may read drill_steps and nothing else');

select * from finish();
rollback;
