-- Tests sql/functions/sequence_values.sql
begin;
select plan(12);

-- arrange
create schema hf_test;
create schema hf_other;
update backup.settings set included_schemas = '{hf_test,hf_other}', excluded_schemas = '{hf_other}';
create sequence hf_test.fresh start 5;
create sequence hf_test.used;
create sequence hf_test."Odd ""name""";
create table hf_test.identity_table (id bigint generated always as identity);
create sequence hf_other.left_out;
create temporary sequence hf_temporary;
select nextval('hf_test.used') from generate_series(1, 3);
select setval('hf_test."Odd ""name"""', 9223372036854775807, false);

-- contract
select function_returns('backup', 'sequence_values', array[]::text[], 'setof record', 'sequence_values() returns setof record');
select isnt(obj_description('backup.sequence_values()'::regprocedure), null, 'sequence_values() has a comment');

-- behaviour
select results_eq('select * from backup.sequence_values()', $$ values
  ('hf_test', 'Odd "name"', 9223372036854775807::bigint, false), ('hf_test', 'fresh', 5, false),
  ('hf_test', 'identity_table_id_seq', 1, false), ('hf_test', 'used', 3, true) $$,
  'sequence_values() returns every sequence of the included schemas as setval() takes it');
select nextval('hf_test.used') from generate_series(1, 2);
select is((select last_value from backup.sequence_values() where sequence_name = 'used'), 5::bigint, 'sequence_values() reads the newest position, although sequences know no transactions');
grant usage on schema hf_test to service_role;
grant execute on function backup.sequence_values(), backup.included_schemas() to service_role;
grant select on all sequences in schema hf_test to service_role;
revoke select on sequence hf_test.used from service_role;
set local role service_role;
select throws_ok('select * from backup.sequence_values()', 'HF305', 'sequence hf_test.used cannot be read', 'sequence_values() leaves out no sequence it cannot read: HF305');
reset role;
grant select on sequence hf_test.used to service_role;
set local role service_role;
select is((select count(*) from backup.sequence_values()), 4::bigint, 'sequence_values() serves any role with SELECT on the sequences');
reset role;
revoke usage on schema hf_test from service_role;
set local role service_role;
select throws_matching('select * from backup.sequence_values()', 'sequence hf_test\..* cannot be read', 'sequence_values() rejects a schema without USAGE');
select throws_ok('select * from backup.sequence_values()', 'HF305', null, 'sequence_values() does so with HF305 and not with the server''s 42501');
reset role;
revoke execute on function backup.sequence_values(), backup.included_schemas() from service_role;
update backup.settings set excluded_schemas = '{hf_test,hf_other}';
select is_empty('select * from backup.sequence_values()', 'sequence_values() is empty without sequences');

-- permissions
select function_privs_are('backup', 'sequence_values', array[]::text[], 'anon', array[]::text[], 'anon may not execute sequence_values()');
select function_privs_are('backup', 'sequence_values', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute sequence_values()');
select function_privs_are('backup', 'sequence_values', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute sequence_values()');

select * from finish();
rollback;
