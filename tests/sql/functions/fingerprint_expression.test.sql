-- Tests sql/functions/fingerprint_expression.sql
begin;
select plan(26);

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
select is(backup.fingerprint_expression('pg_temp.with_char'::regclass), 'pg_catalog.hash_numeric_extended(pg_catalog.hash_record_extended(row(t.b, row(t.a)::text), 0), 0)',
  'fingerprint_expression() does not depend on whether the char of a processor is signed');
select isnt(pg_temp.hash_of('"char"', '''a'''), pg_temp.hash_of('"char"', '''b'''), 'fingerprint_expression() tells values of type "char" apart');

create temporary table by_text (a numeric, b float4, c float8, d json, e jsonb, f interval, g point, h integer);
select is(backup.fingerprint_expression('pg_temp.by_text'::regclass),
  'pg_catalog.hash_numeric_extended(pg_catalog.hash_record_extended(row(t.a::text, t.b::text, t.c::text, t.d::text, t.e::text, t.f::text, t.h, row(t.g)::text), 0), 0)',
  'fingerprint_expression() casts to text where the cast is the output function');
select isnt(pg_temp.hash_of('jsonb', '''null'''), pg_temp.hash_of('jsonb', 'null'), 'fingerprint_expression() tells a JSON null from NULL');
select isnt(pg_temp.hash_of('numeric', '''NaN'''), pg_temp.hash_of('numeric', '''Infinity'''), 'fingerprint_expression() tells NaN from infinity');

create domain holdfast_small as integer check (value < 10);
create temporary table shapes (a holdfast_small, gone text, b integer generated always as (a * 2) stored, "odd ""name" text);
alter table pg_temp.shapes drop column gone;
select is(backup.fingerprint_expression('pg_temp.shapes'::regclass),
  'pg_catalog.hash_numeric_extended(pg_catalog.hash_record_extended(row(t.a, t."odd ""name"), 0), 0)',
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
