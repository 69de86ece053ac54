-- Tests sql/pgtap/install_tests.sql
begin;
select plan(10);

-- contract
select function_returns('backup', 'install_tests', array[]::text[], 'setof text', 'install_tests() returns names');
select isnt(obj_description('backup.install_tests()'::regprocedure), null, 'install_tests() has a comment');

-- behaviour
create function backup_tests.test_users_own() returns setof text language sql set search_path = '' as $$ select 'mine' $$;
create function backup_tests.helper() returns integer language sql set search_path = '' as $$ select 1 $$;
create temp table before as select p.oid, p.proname, p.prosrc from pg_proc p where p.pronamespace = 'backup_tests'::regnamespace
  and p.proname in ('test_users_own', 'helper');
select set_eq('select backup.install_tests()', array['backup_tests.test_row_counts', 'backup_tests.test_foreign_keys',
  'backup_tests.test_critical_data', 'backup_tests.test_sample_queries', 'backup_tests.test_sequences', 'backup_tests.test_constraints',
  'backup_tests.test_indexes', 'backup_tests.test_row_security'], 'install_tests() creates a test for each check');
select has_function('backup_tests', 'test_row_counts', array[]::text[], 'install_tests() creates functions without arguments');
select is((select count(*)::integer from backup.install_tests()), 8, 'install_tests() can be repeated');
select results_eq($$ select p.oid, p.proname, p.prosrc from pg_proc p join before b using (oid) order by 1 $$, 'select * from before order by 1',
  'install_tests() leaves functions of the user alone');
select is_empty($$ select p.proname from pg_proc p where p.pronamespace = 'backup_tests'::regnamespace and p.proname in
  (select split_part(t, '.', 2) from backup.install_tests() t) and (p.proconfig is null or not p.proconfig::text like '%search_path=%') $$,
  'install_tests() fixes the search_path of each test');
select function_privs_are('backup_tests', 'test_row_counts', array[]::text[], 'anon', array[]::text[], 'anon may not execute an installed test');

-- behaviour: without pgTAP
create or replace function backup._pgtap_schema() returns name language sql stable set search_path = '' as 'select null::name';
select is_empty('select backup.install_tests()', 'install_tests() creates nothing without pgTAP');

-- permissions
select function_privs_are('backup', 'install_tests', array[]::text[], 'anon', array[]::text[], 'anon may not execute install_tests()');

select * from finish();
rollback;
