-- Tests sql/functions/check_indexes.sql
begin;
select plan(11);

-- arrange
create schema odd;
create table odd.sound (id integer primary key, code text unique, body jsonb);
create index "Body index" on odd.sound using gin (body);
insert into odd.sound select n, n::text, '{}' from generate_series(1, 100) n;
create table odd.parted (id integer) partition by range (id);
create table odd.parted_1 partition of odd.parted for values from (0) to (100);
create table odd.parted_2 partition of odd.parted for values from (100) to (200) partition by range (id);
create table odd.parted_2a partition of odd.parted_2 for values from (100) to (150);
create index "Half built" on only odd.parted (id);
create index on odd.parted_1 (id);
alter index odd."Half built" attach partition odd.parted_1_id_idx;
-- It stays invalid when the partition that lacks it goes.
create table odd.alone (id integer) partition by range (id);
create table odd.alone_1 partition of odd.alone for values from (0) to (100);
create index "Never built" on only odd.alone (id);
alter table odd.alone detach partition odd.alone_1;
-- plpgsql, because a function in SQL is inlined into the index and would not notice its redefinition.
create function odd.key(p_id integer) returns integer language plpgsql immutable as 'begin return p_id; end';
create table odd.damaged (id integer);
create index damaged_index on odd.damaged (odd.key(id));
insert into odd.damaged select generate_series(1, 100);
create function pg_temp.actual(p_table text, p_deep boolean default false) returns text language sql as $$
  select string_agg(f.subject || ' ' || f.verdict || ': ' || f.actual, '; ' order by f.subject)
  from backup.check_indexes('odd', p_table, p_deep) f where f.subject <> 'amcheck'
$$;
create function pg_temp.has_amcheck() returns boolean language sql as 'select a.call is not null from backup._amcheck_call(true) a';

-- contract
select function_returns('backup', 'check_indexes', array['text', 'text', 'boolean'], 'setof backup.finding', 'check_indexes() returns findings');
select isnt(obj_description('backup.check_indexes(text,text,boolean)'::regprocedure), null, 'check_indexes() has a comment');

-- behaviour
select is(pg_temp.actual('sound'), format('odd.sound passed: 3 indexes are valid, %s of them verified by amcheck', case when pg_temp.has_amcheck() then 2 else 0 end),
  'check_indexes() passes a table once for its indexes and verifies the B-trees');
select is((select count(*)::integer from backup.check_indexes('odd') f where f.subject = 'amcheck' and f.verdict = 'skipped'),
  case when pg_temp.has_amcheck() then 0 else 1 end, 'check_indexes() says once when it cannot use amcheck');
select is(pg_temp.actual('alone'), 'odd."Never built" failed: invalid', 'check_indexes() fails an invalid index');
select is((select f.evidence ->> 'rebuild_with' from backup.check_indexes('odd', 'alone') f where f.verdict = 'failed'),
  'reindex index concurrently odd."Never built";', 'check_indexes() says how to rebuild');
select is(pg_temp.actual('parted'), 'odd."Half built" failed: 2 partitions lack it', 'check_indexes() counts the partitions that lack an index, at any level');
select is((select f.evidence - 'repair_with' from backup.check_indexes('odd', 'parted') f where f.verdict = 'failed'),
  '{"table": "odd.parted", "on_all_partitions": false, "lacking": ["odd.parted_2", "odd.parted_2a"]}'::jsonb, 'check_indexes() names the partitions that lack an index');
select ok(pg_temp.actual('damaged', true) like 'odd.damaged passed%', 'check_indexes() passes an undamaged index in depth');
create or replace function odd.key(p_id integer) returns integer language plpgsql immutable as 'begin return -p_id; end';
select is(pg_temp.actual('damaged', true) like 'odd.damaged_index failed: error XX00_', pg_temp.has_amcheck(), 'check_indexes() fails an index that lost rows, when amcheck is here');

-- permissions
select function_privs_are('backup', 'check_indexes', array['text', 'text', 'boolean'], 'anon', array[]::text[], 'anon may not execute check_indexes()');

select * from finish();
rollback;
