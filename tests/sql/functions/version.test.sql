-- Tests sql/functions/version.sql
begin;
select plan(6);

-- contract
select function_returns('backup', 'version', array[]::text[], 'text', 'version() returns text');
select isnt(obj_description('backup.version()'::regprocedure), null, 'version() has a comment');

-- behaviour
select matches(backup.version(), '^\d+\.\d+\.\d+(-[\w.-]+)?$', 'version() is a version');

-- permissions
select function_privs_are('backup', 'version', array[]::text[], 'anon', array[]::text[], 'anon may not execute version()');
select function_privs_are('backup', 'version', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute version()');
select function_privs_are('backup', 'version', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute version()');

select * from finish();
rollback;
