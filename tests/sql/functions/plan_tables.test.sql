-- Tests sql/functions/plan_tables.sql
begin;
select plan(22);

-- arrange
create schema hf_test;
create schema hf_other;
update backup.settings set included_schemas = '{hf_test}', count_at_plan_bytes = 65536;
create table hf_test.plain (id integer, gone integer, "Odd ""name""" text, twice integer generated always as (id * 2) stored);
alter table hf_test.plain drop column gone;
insert into hf_test.plain select n, 'x' from generate_series(1, 200) n;
create table hf_test.empty ();
create table hf_test.large (id integer, filler text);
insert into hf_test.large select n, repeat('x', 1000) from generate_series(1, 200) n;
create table hf_test.parent (id integer) partition by list (id);
create table hf_test.partition partition of hf_test.parent for values in (1);
insert into hf_test.parent values (1);
create table hf_test.child (extra text) inherits (hf_test.plain);
insert into hf_test.child (id) values (1);
create unlogged table hf_test.unlogged (id integer);
create view hf_test.view as select id from hf_test.plain;
create materialized view hf_test.matview as select id from hf_test.plain;
create sequence hf_test.sequence;
create table hf_other.elsewhere (id integer);
create temporary table hf_temporary (id integer);
create extension citext schema hf_test;
create table hf_test.of_extension (id integer);
alter extension citext add table hf_test.of_extension;
create temporary table planned as select * from backup.plan_tables() where schema_name like 'hf\_%';

-- contract
select function_returns('backup', 'plan_tables', array[]::text[], 'setof record', 'plan_tables() returns setof record');
select isnt(obj_description('backup.plan_tables()'::regprocedure), null, 'plan_tables() has a comment');

-- behaviour
select is_empty($$ select l.relation::regclass from pg_locks l where l.pid = pg_backend_pid() and l.relation in (select relid from planned where table_name in ('empty', 'partition', 'unlogged')) and l.mode = 'AccessShareLock' $$,
  'plan_tables() keeps no lock on what it counted: one for each of ten thousand partitions is more than a server has');
select results_eq('select schema_name, table_name, status::text, reason from planned', $$ values
  ('hf_other', 'elsewhere', 'excluded', 'schema is not part of backups'),
  ('hf_test', 'child', 'pending', null),
  ('hf_test', 'empty', 'pending', null),
  ('hf_test', 'large', 'pending', null),
  ('hf_test', 'matview', 'excluded', 'materialized view: filled again after a restore'),
  ('hf_test', 'of_extension', 'excluded', 'belongs to extension citext'),
  ('hf_test', 'parent', 'excluded', 'partitioned: its rows are exported by partition'),
  ('hf_test', 'partition', 'pending', null),
  ('hf_test', 'plain', 'pending', null),
  ('hf_test', 'unlogged', 'pending', null) $$, 'plan_tables() says of every table, and of no view or sequence, what happens to its rows');
select is_empty($$ select from backup.plan_tables() where schema_name ~ '^pg_' or schema_name = 'information_schema' $$, 'plan_tables() does not speak of the system');
select ok((select count(*) > 5 and bool_and(status = 'excluded') from backup.plan_tables() where schema_name in ('auth', 'storage')), 'plan_tables() names the tables of schemas that are switched off');
select results_eq($$ select table_name, columns from planned where table_name in ('plain', 'empty', 'child') order by 1 $$,
  $$ values ('child', array['id', 'Odd "name"', 'extra']), ('empty', '{}'), ('plain', array['id', 'Odd "name"']) $$, 'plan_tables() leaves out generated and dropped columns');
select is_empty($$ select from planned where status = 'pending' and (relid, fingerprint_expression, filenode, pages, total_bytes) is distinct from
    (format('%I.%I', schema_name, table_name)::regclass::oid, backup.fingerprint_expression(relid), pg_relation_filenode(relid),
     pg_relation_size(relid) / 8192, pg_table_size(relid)) $$, 'plan_tables() measures what is exported');
select is_empty($$ select from planned where status = 'excluded' and (filenode is not null or fingerprint_expression is not null or pages <> 0) $$, 'plan_tables() measures nothing else');
select results_eq($$ select table_name, planned_rows from planned where status = 'pending' $$,
  $$ values ('child', 1::bigint), ('empty', 0), ('large', null), ('partition', 1), ('plain', 200), ('unlogged', 0) $$, 'plan_tables() counts tables up to the limit, without their children');
create table hf_test.a_middling as select repeat('x', 1000) as filler from generate_series(1, 20) n;
create table hf_test.a_new_one as table hf_test.a_middling; -- as large, and never analyzed
insert into hf_test.of_extension values (1);
analyze hf_test.child, hf_test.partition, hf_test.plain, hf_test.large, hf_test.a_middling, hf_test.of_extension;
update backup.settings set count_at_plan_bytes = pg_relation_size('hf_test.child') + pg_relation_size('hf_test.partition') + pg_relation_size('hf_test.plain');
select results_eq($$ select table_name from backup.plan_tables() where planned_rows is not null and pages > 0 $$, $$ values ('child'), ('partition'), ('plain') $$,
  'plan_tables() counts the smallest tables that the limit has room for together, whatever their names, and whether they were analyzed; what an extension brings takes no room');
update backup.settings set count_at_plan_bytes = count_at_plan_bytes - 1;
select results_eq($$ select table_name from backup.plan_tables() where planned_rows is not null and pages > 0 $$, $$ values ('child'), ('partition') $$,
  'plan_tables() counts no table for which the smaller ones have left no room, so that planning does not take longer the larger the database is');
drop table hf_test.a_middling, hf_test.a_new_one;
update backup.settings set count_at_plan_bytes = -1;
select results_eq($$ select table_name, planned_rows from backup.plan_tables() where schema_name = 'hf_test' and planned_rows is not null $$,
  $$ values ('empty', 0::bigint), ('unlogged', 0) $$, 'plan_tables() counts tables without pages whatever the limit, as no chunk would notice rows kept elsewhere');
update backup.settings set count_at_plan_bytes = 65536;
create function pg_temp.rewrite() returns integer language plpgsql as $$
begin
  alter table hf_test.large alter column id type bigint;
  return 1;
end $$;
select throws_ok('select pg_temp.rewrite(), (select count(*) from backup.plan_tables())', 'HF301', 'table hf_test.large was rewritten or dropped while the run began',
  'plan_tables() rejects a table that was rewritten since the snapshot with HF301');
alter table hf_test.plain enable row level security;
grant usage on schema hf_test to service_role;
grant select on all tables in schema hf_test to service_role;
grant execute on all functions in schema backup to service_role;
set local role service_role;
select is((select planned_rows from backup.plan_tables() where table_name = 'plain'), 200::bigint, 'plan_tables() serves any role that sees all rows');
reset role;
revoke select on hf_test.large from service_role;
set local role service_role;
select throws_ok('select * from backup.plan_tables()', 'HF305', 'table hf_test.large cannot be read', 'plan_tables() leaves out no table it cannot read: HF305');
reset role;
grant select on hf_test.large to service_role;
revoke usage on schema hf_test from service_role;
set local role service_role;
select throws_ok('select * from backup.plan_tables()', 'HF305', 'table hf_test.child cannot be read', 'plan_tables() rejects a schema without USAGE with HF305 and not with the server''s 42501');
create function pg_temp.error_of(p_query text) returns text language plpgsql as $$
declare
  v_hint text;
begin
  execute p_query;
  return null;
exception when others then
  get stacked diagnostics v_hint = pg_exception_hint;
  return concat_ws(' | ', sqlstate, sqlerrm, v_hint);
end $$;
select matches(pg_temp.error_of('select * from backup.plan_tables()'), 'grant usage on schema hf_test to service_role', 'plan_tables() says what to grant');
reset role;
grant usage on schema hf_test to service_role;
create role hf_bound nologin;
grant hf_bound to postgres;
grant usage on schema hf_test, backup to hf_bound;
grant select on all tables in schema hf_test to hf_bound;
grant execute on all functions in schema backup to hf_bound;
grant select on backup.settings to hf_bound;
alter table backup.settings disable row level security;
set local role hf_bound;
create temporary table bound as select pg_temp.error_of('select * from backup.plan_tables()') as error;
reset role;
select is((select error from bound),
  'HF305 | table hf_test.plain cannot be read | Run alter role hf_bound bypassrls, or add the schema to backup.settings.excluded_schemas.',
  'plan_tables() rejects a table whose rows row security hides with HF305');
revoke execute on all functions in schema backup from service_role;

-- permissions
select function_privs_are('backup', 'plan_tables', array[]::text[], 'anon', array[]::text[], 'anon may not execute plan_tables()');
select function_privs_are('backup', 'plan_tables', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute plan_tables()');
select function_privs_are('backup', 'plan_tables', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute plan_tables()');

select * from finish();
rollback;
