-- Tests sql/functions/table_fingerprint.sql
begin;
select plan(14);

-- arrange
create schema hf_test;
create table hf_test.t (id integer, note text);
create table hf_test.u (id integer, note text);
create table hf_test.child () inherits (hf_test.t);
insert into hf_test.t values (1, 'a'), (2, null), (3, '');
insert into hf_test.u select * from hf_test.t order by id desc;

-- contract
select function_returns('backup', 'table_fingerprint', array['regclass'], 'record', 'table_fingerprint() returns record');
select isnt(obj_description('backup.table_fingerprint(regclass)'::regprocedure), null, 'table_fingerprint() has a comment');

-- behaviour
select results_eq($$ select f.rows, f.fingerprint from backup.table_fingerprint('hf_test.t') f $$, $$ values (3::bigint, '306d9d9923ec4f71') $$,
  'table_fingerprint() is the same on every server');
select is(backup.table_fingerprint('hf_test.u'), backup.table_fingerprint('hf_test.t'), 'table_fingerprint() does not depend on the name or on the order of rows');
select results_eq($$ select f.rows, f.fingerprint from backup.table_fingerprint('hf_test.child') f $$, $$ values (0::bigint, '0000000000000000') $$,
  'table_fingerprint() of an empty table is zero');
insert into hf_test.child values (4, 'd');
select is(backup.table_fingerprint('hf_test.u'), backup.table_fingerprint('hf_test.t'), 'table_fingerprint() leaves children out');
insert into hf_test.u values (1, 'a');
select isnt((backup.table_fingerprint('hf_test.u')).fingerprint, (backup.table_fingerprint('hf_test.t')).fingerprint, 'table_fingerprint() notices a row that is there twice');
delete from hf_test.u where id = 1;
insert into hf_test.u values (1, 'A');
select is((backup.table_fingerprint('hf_test.u')).rows, 3::bigint, 'table_fingerprint() counts rows');
select isnt((backup.table_fingerprint('hf_test.u')).fingerprint, (backup.table_fingerprint('hf_test.t')).fingerprint, 'table_fingerprint() notices a changed value');
create table hf_test.settings (moments timestamptz[], days date[], span interval, bytes bytea[], number float8);
insert into hf_test.settings values ('{2026-01-02 03:04:05+00}', '{2026-02-01}', '1 day 02:00', array['\x00ff'::bytea], 0.1::float8 + 0.2);
create temp table pinned as select * from backup.table_fingerprint('hf_test.settings');
set local timezone = 'Asia/Tokyo';
set local datestyle = 'German';
set local intervalstyle = 'iso_8601';
set local bytea_output = 'escape';
set local extra_float_digits = -5;
select results_eq($$ select f.rows, f.fingerprint from backup.table_fingerprint('hf_test.settings') f $$, 'select rows, fingerprint from pinned',
  'table_fingerprint() does not depend on the settings of the session');
alter table hf_test.t enable row level security;
grant usage on schema hf_test, backup to authenticated;
grant select on hf_test.t to authenticated;
grant execute on all functions in schema backup to authenticated;
set local role authenticated;
select throws_ok($$ select backup.table_fingerprint('hf_test.t') $$, '42501', null, 'table_fingerprint() refuses to read only the rows that policies show');
reset role;
revoke execute on all functions in schema backup from authenticated;

-- permissions
select function_privs_are('backup', 'table_fingerprint', array['regclass'], 'anon', array[]::text[], 'anon may not execute table_fingerprint()');
select function_privs_are('backup', 'table_fingerprint', array['regclass'], 'authenticated', array[]::text[], 'authenticated may not execute table_fingerprint()');
select function_privs_are('backup', 'table_fingerprint', array['regclass'], 'service_role', array[]::text[], 'service_role may not execute table_fingerprint()');

select * from finish();
rollback;
