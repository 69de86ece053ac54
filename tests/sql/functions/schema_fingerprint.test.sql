-- Tests sql/functions/schema_fingerprint.sql
begin;
select plan(16);

-- arrange
create schema hf_test;
create schema hf_other;
update backup.settings set excluded_schemas = '{hf_other}';
create table hf_test.t (id integer, note text);
create table hf_other.t (id integer);
create index t_note on hf_test.t (note);
create type hf_test.mood as enum ('good');
create domain hf_test.short as text;
create function hf_test.f() returns integer language sql as 'select 1';
create function hf_test.on_row() returns trigger language plpgsql as 'begin return new; end';
create view hf_test.v as select id from hf_test.t;
create function pg_temp.changes(p_ddl text) returns boolean language plpgsql as $$
declare
  v_before text := backup.schema_fingerprint();
begin
  -- In a transaction of its own, as far as row versions are concerned.
  begin
    execute p_ddl;
  exception when assert_failure then
    raise;
  end;
  return backup.schema_fingerprint() is distinct from v_before;
end $$;

-- contract
select function_returns('backup', 'schema_fingerprint', array[]::text[], 'text', 'schema_fingerprint() returns text');
select isnt(obj_description('backup.schema_fingerprint()'::regprocedure), null, 'schema_fingerprint() has a comment');

-- behaviour
select matches(backup.schema_fingerprint(), '^[0-9a-f]{32}$', 'schema_fingerprint() is a hash');
select is(pg_temp.changes('select 1'), false, 'schema_fingerprint() stays the same while nothing happens');
select is(pg_temp.changes($$ insert into hf_test.t select n, 'x' from generate_series(1, 1000) n $$), false, 'schema_fingerprint() ignores rows');
select is(pg_temp.changes('analyze hf_test.t'), false, 'schema_fingerprint() ignores ANALYZE');
select is(pg_temp.changes('create table hf_other.u (id integer)'), false, 'schema_fingerprint() ignores schemas that are not backed up');
select is_empty($$ select d from unnest(array[
    'alter table hf_test.t add column extra integer',
    'alter table hf_test.t rename column extra to more',
    'alter table hf_test.t alter column more type bigint',
    'alter table hf_test.t alter column more set default 1',
    'alter table hf_test.t alter column more set default 2',
    'alter table hf_test.t alter column note set not null',
    'alter table hf_test.t drop column more',
    'alter table hf_test.t add constraint positive check (id > 0)',
    'alter table hf_test.t set (fillfactor = 50)',
    'alter table hf_test.t replica identity full',
    'create table hf_test.u (id integer)',
    'alter table hf_test.u rename to w',
    'drop table hf_test.w']) d where not pg_temp.changes(d) $$, 'schema_fingerprint() notices every change of a table');
select is_empty($$ select d from unnest(array[
    'alter table hf_test.t enable row level security',
    'alter table hf_test.t force row level security',
    'create policy p on hf_test.t using (true)',
    'alter policy p on hf_test.t using (id > 1)',
    'drop policy p on hf_test.t',
    'grant select on hf_test.t to anon',
    'grant update (note) on hf_test.t to anon',
    'revoke select on hf_test.t from anon',
    'grant usage on schema hf_test to anon']) d where not pg_temp.changes(d) $$, 'schema_fingerprint() notices policies and privileges');
select is_empty($$ select d from unnest(array[
    'create trigger tr before insert on hf_test.t for each row execute function hf_test.on_row()',
    'alter table hf_test.t disable trigger tr',
    'drop trigger tr on hf_test.t',
    'create or replace function hf_test.f() returns integer language sql as ''select 2''',
    'grant execute on function hf_test.f() to anon',
    'create or replace view hf_test.v as select id + 1 as id from hf_test.t',
    'drop view hf_test.v']) d where not pg_temp.changes(d) $$, 'schema_fingerprint() notices triggers, functions and views');
select is_empty($$ select d from unnest(array[
    'create index t_id on hf_test.t (id)',
    'drop index hf_test.t_note',
    'create unique index t_both on hf_test.t (id, note)',
    'alter type hf_test.mood add value ''bad''',
    'alter domain hf_test.short add check (length(value) < 9)',
    'create sequence hf_test.s',
    'create schema hf_third',
    'create extension citext schema hf_test']) d where not pg_temp.changes(d) $$, 'schema_fingerprint() notices indexes, types, sequences, schemas and extensions');
select is_empty($$ select d from unnest(array[
    'cluster hf_test.t using t_id',
    'reindex table hf_test.t',
    'truncate hf_test.t',
    'select nextval(''hf_test.s'')',
    'create temporary table hf_temporary (id integer)']) d where pg_temp.changes(d) $$, 'schema_fingerprint() ignores what moves rows without changing the schema');
-- Known gaps: a row that leaves this list belongs in one of the lists above, and out of the header of the function.
select is_empty($$ select d from unnest(array[
    'comment on table hf_test.t is ''commented''',
    'alter sequence hf_test.s increment 5',
    'create publication hf_test_publication',
    'create statistics hf_test.st on id, note from hf_test.t',
    'alter default privileges in schema hf_test grant select on tables to anon',
    'create operator hf_test.=== (leftarg = integer, rightarg = integer, procedure = int4eq)',
    'create cast (hf_test.mood as integer) with inout',
    'create collation hf_test.co (locale = ''C'')',
    'create text search configuration hf_test.ts (copy = pg_catalog.simple)']) d where pg_temp.changes(d) $$, 'schema_fingerprint() does not notice what no row depends on');

-- permissions
select function_privs_are('backup', 'schema_fingerprint', array[]::text[], 'anon', array[]::text[], 'anon may not execute schema_fingerprint()');
select function_privs_are('backup', 'schema_fingerprint', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute schema_fingerprint()');
select function_privs_are('backup', 'schema_fingerprint', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute schema_fingerprint()');

select * from finish();
rollback;
