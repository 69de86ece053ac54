-- Tests sql/functions/globals.sql
begin;
select plan(13);

select function_returns('backup', 'globals', array[]::text[], 'jsonb', 'globals() returns jsonb');
select isnt(obj_description('backup.globals()'::regprocedure), null, 'globals() has a comment');

create role holdfast_test_owner with login password 'not in a backup' connection limit 7;
create role holdfast_test_group;
grant holdfast_test_group to holdfast_test_owner with admin option;
alter role holdfast_test_owner set statement_timeout = '7s';
comment on role holdfast_test_owner is 'a role';

create function pg_temp.role_facts(p_name text) returns jsonb language sql as
  $$ select r from jsonb_array_elements(backup.globals() -> 'roles') r where r ->> 'name' = p_name $$;

select is(pg_temp.role_facts('holdfast_test_owner') -> 'login', 'true', 'globals() lists roles with their attributes');
select is((pg_temp.role_facts('holdfast_test_owner') ->> 'connection_limit')::integer, 7, 'globals() holds the connection limit');
select is(pg_temp.role_facts('holdfast_test_owner') -> 'settings', '["statement_timeout=7s"]', 'globals() holds the settings of roles');
select is(pg_temp.role_facts('holdfast_test_owner') ->> 'comment', 'a role', 'globals() holds comments of roles');
select is(pg_temp.role_facts('holdfast_test_owner') -> 'password_verifier', null, 'globals() holds no password verifier by default');
select ok(backup.globals() -> 'memberships' @> '[{"role": "holdfast_test_group", "member": "holdfast_test_owner", "admin": true}]',
  'globals() lists memberships with the admin option');
select ok(backup.globals() -> 'extensions' @> '[{"name": "pgtap", "schema": "extensions"}]', 'globals() lists extensions with their schema');

-- supautils lends this one without a grant.
select is(backup.globals() -> 'parameter_privileges' @> '[{"parameter": "session_replication_role", "role": "postgres", "privilege": "set", "grantable": false}]',
  has_parameter_privilege('postgres', 'session_replication_role', 'set'), 'globals() lists privileges on parameters');

update backup.settings set include_role_passwords = true where id;
select matches(pg_temp.role_facts('holdfast_test_owner') ->> 'password_verifier', '^SCRAM-SHA-256\$',
  'globals() holds password verifiers when asked to');

select function_privs_are('backup', 'globals', array[]::text[], 'anon', array[]::text[], 'anon may not execute globals()');
select function_privs_are('backup', 'globals', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute globals()');

select * from finish();
rollback;
