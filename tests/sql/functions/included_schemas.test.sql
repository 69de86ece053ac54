-- Tests sql/functions/included_schemas.sql
begin;
select plan(9);

select function_returns('backup', 'included_schemas', array[]::text[], 'setof name', 'included_schemas() returns names');
select isnt(obj_description('backup.included_schemas()'::regprocedure), null, 'included_schemas() has a comment');
create schema "Odd & new";
select isnt_empty($$ select from backup.included_schemas() s where s = 'Odd & new' $$,
  'included_schemas() covers a schema nobody has heard of');
select set_has('select s::text from backup.included_schemas() s', $$ values ('public'), ('auth'), ('storage') $$,
  'included_schemas() covers public, auth and storage');
select is_empty($$ select s from backup.included_schemas() s
  where s in ('backup', 'cron', 'net', 'vault', 'extensions', 'pg_catalog', 'information_schema') or s like 'pg\_%' $$,
  'included_schemas() leaves system and ephemeral schemas and itself out');
update backup.settings set excluded_schemas = '{Odd & new}' where id;
select is_empty($$ select from backup.included_schemas() s where s = 'Odd & new' $$, 'included_schemas() obeys excluded_schemas');
update backup.settings set excluded_schemas = '{}', included_schemas = '{public,cron}' where id;
select is((select array_agg(s::text) from backup.included_schemas() s), '{public}'::text[],
  'included_schemas() is narrowed by included_schemas, which cannot bring a system schema in');
select function_privs_are('backup', 'included_schemas', array[]::text[], 'anon', array[]::text[], 'anon may not execute included_schemas()');
select function_privs_are('backup', 'included_schemas', array[]::text[], 'service_role', array[]::text[],
  'service_role may not execute included_schemas()');

select * from finish();
rollback;
