-- Tests sql/functions/fingerprint_expression.sql
begin;
select plan(32);

select function_returns('backup', 'fingerprint_expression', array['oid'], 'text', 'fingerprint_expression() returns SQL text');
select isnt(obj_description('backup.fingerprint_expression(oid)'::regprocedure), null, 'fingerprint_expression() has a comment');

-- The fingerprint of a table with one column of a type and one row with a value.
create function pg_temp.hash_of(p_type text, p_value text) returns text language plpgsql as $$
declare
  v_hash text;
begin
  execute format('create temporary table holdfast_probe (v %s)', p_type);
  execute format('insert into holdfast_probe values (%s)', p_value);
  select f.fingerprint into v_hash from backup.table_fingerprint('pg_temp.holdfast_probe') f;
  drop table pg_temp.holdfast_probe;
  return v_hash;
end;
$$;

select isnt(pg_temp.hash_of('numeric', '1.0'), pg_temp.hash_of('numeric', '1.00'), 'fingerprint_expression() tells 1.0 from 1.00');
select isnt(pg_temp.hash_of('float8', '''0'''), pg_temp.hash_of('float8', '''-0'''), 'fingerprint_expression() tells 0 from -0');
select isnt(pg_temp.hash_of('text', ''''''), pg_temp.hash_of('text', 'null'), 'fingerprint_expression() tells the empty string from NULL');
select isnt(pg_temp.hash_of('json', '''{"a":1}'''), pg_temp.hash_of('json', '''{"a": 1}'''), 'fingerprint_expression() sees white space in json');
select isnt(pg_temp.hash_of('jsonb', '''1.0'''), pg_temp.hash_of('jsonb', '''1.00'''), 'fingerprint_expression() sees the scale of numbers in jsonb');
select isnt(pg_temp.hash_of('bpchar', '''a'''), pg_temp.hash_of('bpchar', '''a '''), 'fingerprint_expression() sees trailing blanks of bpchar');
select isnt(pg_temp.hash_of('interval', '''24 hours'''), pg_temp.hash_of('interval', '''1 day'''), 'fingerprint_expression() tells 24 hours from a day');
select isnt(pg_temp.hash_of('timestamptz', '''2026-01-01 00:00:00.000001Z'''), pg_temp.hash_of('timestamptz', '''2026-01-01Z'''),
  'fingerprint_expression() sees a microsecond');

create type holdfast_pair as (a integer, b text);
select isnt(pg_temp.hash_of('holdfast_pair', 'row(null, null)'), pg_temp.hash_of('holdfast_pair', 'null'),
  'fingerprint_expression() tells a row of NULLs from NULL');

select isnt(pg_temp.hash_of('varchar[]', '''{}'''), pg_temp.hash_of('varchar[]', 'null'), 'fingerprint_expression() tells an empty array from NULL');
select isnt(pg_temp.hash_of('bpchar', ''''''), pg_temp.hash_of('bpchar', 'null'),
  'fingerprint_expression() tells the empty string from NULL also where it goes through text');

-- Under such a collation the two strings are equal, and so are their native hashes.
create collation holdfast_any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
select isnt(pg_temp.hash_of('text collate holdfast_any_case', '''a'''), pg_temp.hash_of('text collate holdfast_any_case', '''A'''),
  'fingerprint_expression() tells strings apart that a collation takes as equal');

-- Enum labels have other object ids after a restore.
create type holdfast_mood as enum ('sad', 'happy');
create table pg_temp.moods (v holdfast_mood);
insert into pg_temp.moods values ('happy');
create temporary table mood_before as select f.fingerprint from backup.table_fingerprint('pg_temp.moods') f;
drop table pg_temp.moods;
drop type holdfast_mood;
create type holdfast_mood as enum ('sad', 'happy');
create table pg_temp.moods (v holdfast_mood);
insert into pg_temp.moods values ('happy');
select is((select f.fingerprint from backup.table_fingerprint('pg_temp.moods') f), (select fingerprint from mood_before),
  'fingerprint_expression() does not depend on the object ids of an enum');

-- The native hash of a "char" extends its sign, which a char of an ARM processor does not have.
create temporary table with_char (a "char", b integer);
select is(backup.fingerprint_expression('pg_temp.with_char'::regclass), 'pg_catalog.hashint4extended(0, (pg_catalog.hashtextextended(row(t.a)::text, 0) # coalesce(pg_catalog.hashint4extended(t.b, 1), 1)))',
  'fingerprint_expression() does not depend on whether the char of a processor is signed');
select isnt(pg_temp.hash_of('"char"', '''a'''), pg_temp.hash_of('"char"', '''b'''), 'fingerprint_expression() tells values of type "char" apart');

create temporary table by_text (a numeric, b json, g point, h int8, i timestamptz, j text, k bool, l uuid, m int2, n int4, o oid, p bytea, q varchar);
select is(backup.fingerprint_expression('pg_temp.by_text'::regclass),
  'pg_catalog.hashint4extended(0, (pg_catalog.hashtextextended(row(t.g)::text, 0) # '
  'coalesce(pg_catalog.hashtextextended(t.a::text, 1), 1) # coalesce(pg_catalog.hashtextextended(t.b::text, 2), 2) # '
  'coalesce(pg_catalog.hashtextextended(t.h::text, 3), 3) # coalesce(pg_catalog.hashtextextended(t.i::text, 4), 4) # '
  'coalesce(pg_catalog.hashtextextended(t.j, 5), 5) # coalesce(pg_catalog.hashint4extended(t.k::integer, 6), 6) # '
  'coalesce(pg_catalog.uuid_hash_extended(t.l, 7), 7) # coalesce(pg_catalog.hashint2extended(t.m, 8), 8) # '
  'coalesce(pg_catalog.hashint4extended(t.n, 9), 9) # coalesce(pg_catalog.hashoidextended(t.o, 10), 10) # '
  'coalesce(pg_catalog.hashtextextended(t.p::text, 11), 11) # coalesce(pg_catalog.hashtextextended(t.q, 12), 12)))',
  'fingerprint_expression() hashes what its type hashes faithfully, and the text of everything else');
select isnt(pg_temp.hash_of('int8', '5'), pg_temp.hash_of('int8', '4294967300'), 'fingerprint_expression() sees all bits of a bigint');
select isnt(pg_temp.hash_of('int8', '-1'), pg_temp.hash_of('int8', '4294967295'), 'fingerprint_expression() sees the sign of a bigint');
select isnt(pg_temp.hash_of('timestamp', '''2000-01-01 00:00:00.000005'''), pg_temp.hash_of('timestamp', '''2000-01-01 01:11:34.9673'''),
  'fingerprint_expression() sees all bits of a timestamp');
select isnt(pg_temp.hash_of('boolean', 'false'), pg_temp.hash_of('boolean', 'null'), 'fingerprint_expression() tells false from NULL');

create temporary table two_columns (a integer, b integer);
insert into pg_temp.two_columns values (1, 2);
create temporary table other_columns (a integer, b integer);
insert into pg_temp.other_columns values (2, 1);
select isnt((select f.fingerprint from backup.table_fingerprint('pg_temp.two_columns') f),
  (select f.fingerprint from backup.table_fingerprint('pg_temp.other_columns') f), 'fingerprint_expression() sees that two columns have exchanged their values');

do $$
begin
  execute (select format('create temporary table wide (%s)', string_agg(format('c%s integer default %s', n, n), ', ')) from generate_series(1, 1600) n);
end
$$;
insert into pg_temp.wide default values;
create temporary table wide_before as select f.fingerprint from backup.table_fingerprint('pg_temp.wide') f;
update pg_temp.wide set c1600 = 0;
select isnt((select f.fingerprint from backup.table_fingerprint('pg_temp.wide') f), (select fingerprint from wide_before),
  'fingerprint_expression() works for as many columns as a table can have');

select isnt(pg_temp.hash_of('jsonb', '''null'''), pg_temp.hash_of('jsonb', 'null'), 'fingerprint_expression() tells a JSON null from NULL');
select isnt(pg_temp.hash_of('numeric', '''NaN'''), pg_temp.hash_of('numeric', '''Infinity'''), 'fingerprint_expression() tells NaN from infinity');

create domain holdfast_small as integer check (value < 10);
create temporary table shapes (a holdfast_small, gone text, b integer generated always as (a * 2) stored, "odd ""name" text);
alter table pg_temp.shapes drop column gone;
select is(backup.fingerprint_expression('pg_temp.shapes'::regclass),
  'pg_catalog.hashint4extended(0, (coalesce(pg_catalog.hashint4extended(t.a, 1), 1) # coalesce(pg_catalog.hashtextextended(t."odd ""name", 2), 2)))',
  'fingerprint_expression() looks through domains, quotes names, and leaves generated and dropped columns out');

create temporary table no_columns ();
insert into pg_temp.no_columns default values;
insert into pg_temp.no_columns default values;
select is((select f.rows from backup.table_fingerprint('pg_temp.no_columns') f), 2::bigint,
  'fingerprint_expression() works for a table without columns');

create temporary table one_order as select i, 'x' || i as t from generate_series(1, 100) i;
create temporary table other_order as select i, 'x' || i as t from generate_series(100, 1, -1) i;
select is((select f.fingerprint from backup.table_fingerprint('pg_temp.one_order') f),
  (select f.fingerprint from backup.table_fingerprint('pg_temp.other_order') f), 'fingerprint_expression() does not depend on the order of rows');

create temporary table exchanged as select i, 'x' || case i when 1 then 2 when 2 then 1 else i end as t from generate_series(1, 100) i;
select isnt((select f.fingerprint from backup.table_fingerprint('pg_temp.exchanged') f),
  (select f.fingerprint from backup.table_fingerprint('pg_temp.one_order') f), 'fingerprint_expression() sees that two rows have exchanged a value');

select function_privs_are('backup', 'fingerprint_expression', array['oid'], 'anon', array[]::text[], 'anon may not execute fingerprint_expression()');
select function_privs_are('backup', 'fingerprint_expression', array['oid'], 'service_role', array[]::text[],
  'service_role may not execute fingerprint_expression()');

select * from finish();
rollback;
