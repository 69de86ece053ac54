-- Tests sql/functions/_sequence_uses.sql
begin;
select plan(3);

create schema odd;
create sequence odd.free;
create table odd."T" (a integer generated always as identity, b serial, c integer default nextval('odd.free'), d integer);
create sequence odd.owned owned by odd."T".d;
-- owned by a column whose default draws from another sequence: it feeds nothing
create sequence odd.unused owned by odd."T".c;
create table odd.parted (id serial) partition by range (id);
create table odd.part partition of odd.parted default;

select results_eq($$ select sequence_name, column_label from backup._sequence_uses('odd') order by 2 $$,
  $$ values ('odd."T_a_seq"', 'odd."T".a'), ('odd."T_b_seq"', 'odd."T".b'), ('odd.free', 'odd."T".c'), ('odd.owned', 'odd."T".d'), ('odd.parted_id_seq', 'odd.parted.id') $$,
  '_sequence_uses() finds identity, serial, default and ownership, and partitions once');
select is((select count(*)::integer from backup._sequence_uses('odd', 'T')), 4, '_sequence_uses() takes a table name');
select function_privs_are('backup', '_sequence_uses', array['text', 'text'], 'anon', array[]::text[], 'anon may not execute _sequence_uses()');

select * from finish();
rollback;
