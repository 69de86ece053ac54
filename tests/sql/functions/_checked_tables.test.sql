-- Tests sql/functions/_checked_tables.sql
begin;
select plan(5);

create schema odd;
create table odd."Plain" ();
create table odd.parted (id integer) partition by range (id);
create table odd.part partition of odd.parted default;
create view odd.a_view as select 1 as one;
create materialized view odd.a_matview as select 1 as one;
create temp table passing ();

select results_eq($$ select subject, relation, relkind::text, relispartition from backup._checked_tables('odd') $$,
  $$ values ('odd."Plain"', 'only odd."Plain"', 'r', false), ('odd.part', 'only odd.part', 'r', true), ('odd.parted', 'odd.parted', 'p', false) $$,
  '_checked_tables() lists tables and partitioned tables, ready for a FROM clause');
select is((select count(*)::integer from backup._checked_tables('odd', 'part')), 1, '_checked_tables() takes a table name');
select is((select count(*)::integer from backup._checked_tables(null, 'passing')), 0, '_checked_tables() leaves temporary tables out');
select is_empty($$ select subject from backup._checked_tables() where schema_name in ('backup', 'pg_catalog', 'information_schema') $$, '_checked_tables() keeps to included schemas');
select function_privs_are('backup', '_checked_tables', array['text', 'text'], 'anon', array[]::text[], 'anon may not execute _checked_tables()');

select * from finish();
rollback;
