-- Tests sql/functions/check_foreign_keys.sql
begin;
select plan(28);

-- arrange
create schema "Odd schema";
create schema other_schema;
create table "Odd schema"."Parent ""p""" (id integer primary key, code text unique, unique (id, code));
create table other_schema.child (child_id integer primary key, parent_id bigint references "Odd schema"."Parent ""p""");
create table other_schema.composite (a integer, b text, primary key (a, b),
  constraint simple_key foreign key (a, b) references "Odd schema"."Parent ""p""" (id, code));
create table other_schema.simple_nulls (name text primary key, a integer, b text,
  constraint simple_key foreign key (a, b) references "Odd schema"."Parent ""p""" (id, code));
create table other_schema.full_nulls (a integer, b text,
  constraint full_key foreign key (a, b) references "Odd schema"."Parent ""p""" (id, code) match full);
create table other_schema.tree (node integer primary key, up integer references other_schema.tree);
create table other_schema.by_month (id integer, parent_id integer,
  constraint by_month_fk foreign key (parent_id) references "Odd schema"."Parent ""p""") partition by range (id);
create table other_schema.by_month_1 partition of other_schema.by_month for values from (0) to (100);
create table other_schema.by_month_2 partition of other_schema.by_month for values from (100) to (200);
create table other_schema.target (id integer primary key) partition by range (id);
create table other_schema.target_1 partition of other_schema.target for values from (0) to (100);
create table other_schema.points_at_partitions (id integer constraint to_target references other_schema.target);
create table other_schema.unvalidated (id integer);
alter table other_schema.unvalidated add column gone text;
alter table other_schema.unvalidated drop column gone;
alter table other_schema.unvalidated add column parent_id integer;
create table other_schema.base (id integer primary key);
create table other_schema.heir () inherits (other_schema.base);
create table other_schema.points_at_base (id integer constraint to_base references other_schema.base);
create table other_schema.empty_child (id integer constraint empty_fk references "Odd schema"."Parent ""p""");
create table other_schema.posix (code text collate "POSIX" primary key);
create table other_schema.to_posix (code text collate "C" constraint posix_fk references other_schema.posix);
create table other_schema.folded (code text collate "C" constraint folded_fk references "Odd schema"."Parent ""p""" (code));
create table other_schema.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (id integer constraint yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy references "Odd schema"."Parent ""p""");
insert into "Odd schema"."Parent ""p""" values (1, 'one'), (2, 'two');
insert into other_schema.target values (1);
insert into other_schema.base values (1);
insert into other_schema.unvalidated (id, parent_id) values (1, 99);
alter table other_schema.unvalidated add constraint late foreign key (parent_id) references "Odd schema"."Parent ""p""" not valid;

create function pg_temp.actual(p_table text) returns text language sql as $$
  select string_agg(f.verdict || ': ' || f.actual, '; ') from backup.check_foreign_keys('other_schema', p_table) f
$$;
create function pg_temp.evidence(p_table text, p_samples integer default 5) returns jsonb language sql as $$
  select f.evidence from backup.check_foreign_keys('other_schema', p_table, p_samples) f
$$;

-- contract
select function_returns('backup', 'check_foreign_keys', array['text', 'text', 'integer'], 'setof backup.finding',
  'check_foreign_keys() returns findings');
select isnt(obj_description('backup.check_foreign_keys(text,text,integer)'::regprocedure), null, 'check_foreign_keys() has a comment');

-- behaviour: sound keys
select is(pg_temp.actual('child'), 'passed: no orphans', 'check_foreign_keys() passes an empty table');
insert into other_schema.child values (1, 1), (2, null);
insert into other_schema.tree values (1, null), (2, 1);
insert into other_schema.simple_nulls values ('n', 9, null), ('m', null, 'x');
insert into other_schema.folded values ('one');
select is(pg_temp.actual('child'), 'passed: no orphans', 'check_foreign_keys() passes rows that reference or are null');
select is(pg_temp.actual('simple_nulls'), 'passed: no orphans', 'check_foreign_keys() lets a partly null MATCH SIMPLE key be');
select is(pg_temp.actual('tree'), 'passed: no orphans', 'check_foreign_keys() passes a sound self-reference');
insert into other_schema.posix values ('x');
insert into other_schema.to_posix values ('x');
select is(pg_temp.actual('to_posix'), 'passed: no orphans', 'check_foreign_keys() compares columns whose collations conflict');
select is(pg_temp.actual('folded'), 'passed: no orphans', 'check_foreign_keys() compares columns of different collations');
select is((select f.subject from backup.check_foreign_keys('other_schema', 'by_month_1') f), null,
  'check_foreign_keys() does not examine the copy of a key on a partition');
select is((select count(*)::integer from backup.check_foreign_keys('other_schema')), 13, 'check_foreign_keys() finds every key once');
select is(pg_temp.actual('unvalidated'), 'failed: 1 orphans, the key is NOT VALID', 'check_foreign_keys() counts orphans of a NOT VALID key');

-- behaviour: damage that triggers would have prevented
set local session_replication_role = replica;
insert into other_schema.child values (10, 77), (11, 78), (12, 78);
insert into other_schema.composite values (1, 'two'), (1, 'one');
insert into other_schema.simple_nulls values ('secret@example.com', 1, 'two');
insert into other_schema.full_nulls values (1, null), (null, 'one'), (null, null), (1, 'one'), (9, 'nine');
insert into other_schema.tree values (10, 99);
insert into other_schema.by_month values (1, 1), (2, 50), (150, 51);
insert into other_schema.points_at_partitions values (1), (2);
insert into other_schema.heir values (5);
insert into other_schema.points_at_base values (1), (5);
insert into other_schema.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx values (5);
set local session_replication_role = origin;

select is(pg_temp.actual('child'), 'failed: 3 orphans', 'check_foreign_keys() counts rows, not keys, of a key across types and schemas');
select is(pg_temp.evidence('child') -> 'samples' -> 0 ->> 'key', '{"child_id": 10}', 'check_foreign_keys() names a sample by its integer key');
select is(jsonb_array_length(pg_temp.evidence('child', 2) -> 'samples'), 2, 'check_foreign_keys() limits the samples');
select is(jsonb_array_length(pg_temp.evidence('child', 0) -> 'samples'), 0, 'check_foreign_keys() can leave out samples');
select is(pg_temp.actual('composite'), 'failed: 1 orphans', 'check_foreign_keys() compares composite keys as a whole');
select is(pg_temp.actual('simple_nulls'), 'failed: 1 orphans', 'check_foreign_keys() finds an orphan of MATCH SIMPLE');
select unalike(pg_temp.evidence('simple_nulls')::text, '%secret%', 'check_foreign_keys() does not print a text key');
select is(pg_temp.actual('full_nulls'), 'failed: 1 orphans, 2 partly null keys', 'check_foreign_keys() fails partly null MATCH FULL keys');
delete from other_schema.full_nulls where a = 9;
select is(pg_temp.actual('full_nulls'), 'failed: no orphans, 2 partly null keys', 'check_foreign_keys() fails a key with partly null rows alone');
select is(pg_temp.actual('tree'), 'failed: 1 orphans', 'check_foreign_keys() finds an orphan of a self-reference');
select is(pg_temp.actual('by_month'), 'failed: 2 orphans', 'check_foreign_keys() examines every partition once');
select is(pg_temp.actual('points_at_partitions'), 'failed: 1 orphans', 'check_foreign_keys() looks for the referenced row in every partition');
select is(pg_temp.actual('points_at_base'), 'failed: 1 orphans', 'check_foreign_keys() does not take a row of an inheriting table for the referenced one');
select is((select f.verdict::text from backup.check_foreign_keys('other_schema', repeat('x', 63)) f), 'failed', 'check_foreign_keys() copes with names of full length');

-- behaviour: could not look
-- behaviour: could not look, tried as a role that may read the configuration and is subject to policies
grant usage on schema other_schema, backup to authenticated;
grant execute on all functions in schema backup to authenticated;
grant select on all tables in schema backup to authenticated;
do $$ declare v_table text; begin
  foreach v_table in array array['settings', 'runs', 'run_tables', 'critical_tables', 'row_shrink_limits', 'sample_queries'] loop
    execute format('alter table backup.%I disable row level security', v_table);
  end loop;
end $$;
create temp table seen (actual text);
grant all on seen to authenticated;
alter table other_schema.child enable row level security;
create policy few on other_schema.child using (child_id < 3);
grant select on other_schema.child, other_schema.tree to authenticated;
grant usage on schema "Odd schema" to authenticated;
grant select on "Odd schema"."Parent ""p""" to authenticated;
set local role authenticated;
insert into seen select f.verdict || ': ' || f.actual from backup.check_foreign_keys('other_schema', 'child') f;
insert into seen select f.verdict || ': ' || f.actual from backup.check_foreign_keys('other_schema', 'composite') f;
reset role;
select ok(exists (select from seen where actual like 'inconclusive: error 42501: query would be affected by row-level security%'),
  'check_foreign_keys() is inconclusive where a policy would hide rows');
select ok(exists (select from seen where actual like 'inconclusive: error 42501: permission denied for table composite'),
  'check_foreign_keys() is inconclusive where it may not read');

-- permissions
select function_privs_are('backup', 'check_foreign_keys', array['text', 'text', 'integer'], 'anon', array[]::text[],
  'anon may not execute check_foreign_keys()');

select * from finish();
rollback;
