-- Tests sql/functions/check_critical_data.sql
begin;
select plan(22);

-- arrange
create schema odd;
create domain odd.label as text;
create table odd."The Pets" (id integer, "Full name" odd.label, note text, seen_at timestamptz);
insert into odd."The Pets" values (1, 'Rex', 'x', now() - interval '1 hour'), (2, 'Kim', null, now() - interval '9 days');
delete from backup.critical_tables;
create function pg_temp.actual(p_aspect text) returns text language sql as $$
  select string_agg(f.verdict || ': ' || f.actual, '; ')
  from backup.check_critical_data('odd') f where coalesce(f.evidence ->> 'aspect', 'error') = p_aspect
$$;

-- contract
select function_returns('backup', 'check_critical_data', array['text', 'text', 'timestamp with time zone'], 'setof backup.finding', 'check_critical_data() returns findings');
select isnt(obj_description('backup.check_critical_data(text,text,timestamptz)'::regprocedure), null, 'check_critical_data() has a comment');
select is_empty($$ select * from backup.check_critical_data() $$, 'check_critical_data() finds nothing to do without configuration');

-- behaviour
insert into backup.critical_tables (schema_name, table_name) values ('odd', 'gone');
select is(pg_temp.actual('present'), 'failed: the table is missing', 'check_critical_data() fails a missing table');
select is(pg_temp.actual('rows'), null, 'check_critical_data() asks nothing more of a missing table');
delete from backup.critical_tables;
insert into backup.critical_tables (schema_name, table_name, min_rows) values ('odd', 'The Pets', 2);
select is(pg_temp.actual('present'), 'passed: the table exists', 'check_critical_data() finds a table whose name needs quotes');
select is(pg_temp.actual('rows'), 'passed: 2 rows', 'check_critical_data() passes enough rows');
update backup.critical_tables set min_rows = 3;
select is(pg_temp.actual('rows'), 'failed: 2 rows', 'check_critical_data() fails too few rows');
update backup.critical_tables set required_columns = array['Full name'];
select is(pg_temp.actual('required column'), 'passed: 0 rows without a value', 'check_critical_data() passes a filled column');
update odd."The Pets" set "Full name" = E' \t' where id = 2;
select is(pg_temp.actual('required column'), 'failed: 1 rows without a value', 'check_critical_data() takes blank text for missing, also in a domain');
update backup.critical_tables set required_columns = array['note', 'id'];
select is(pg_temp.actual('required column'), 'passed: 0 rows without a value; failed: 1 rows without a value', 'check_critical_data() finds nulls');
update backup.critical_tables set required_columns = array['nothing'];
select is(pg_temp.actual('required column'), 'failed: the column is missing', 'check_critical_data() fails a missing column');
update backup.critical_tables set required_columns = '{}', freshness_column = 'seen_at', max_age = '2 hours';
select is(pg_temp.actual('freshness'), 'passed: newest row is 01:00:00 old', 'check_critical_data() passes fresh rows');
update backup.critical_tables set max_age = '30 minutes';
select is(pg_temp.actual('freshness'), 'failed: newest row is 01:00:00 old', 'check_critical_data() fails stale rows');
select is((select f.verdict || ': ' || f.actual from backup.check_critical_data(p_as_of => now() - interval '40 minutes') f where f.evidence ->> 'aspect' = 'freshness'),
  'passed: newest row is 00:20:00 old', 'check_critical_data() judges freshness as of a given time');
update odd."The Pets" set seen_at = null;
select is(pg_temp.actual('freshness'), 'failed: no row has a time', 'check_critical_data() fails when no row has a time');
update backup.critical_tables set freshness_column = null, max_age = null, predicate = 'note = ''x'' -- a comment';
select is(pg_temp.actual('predicate'), 'failed: 1 rows violate it', 'check_critical_data() counts null as a violation of the predicate');
update backup.critical_tables set predicate = 'id > 0';
select is(pg_temp.actual('predicate'), 'passed: 0 rows violate it', 'check_critical_data() passes a true predicate');

-- errors and writes
create function odd.spoil() returns boolean language plpgsql as $$ begin delete from odd."The Pets"; return true; end $$;
update backup.critical_tables set predicate = 'odd.spoil()';
select is(pg_temp.actual('error'), 'inconclusive: error 25006: cannot execute DELETE in a read-only transaction', 'check_critical_data() does not let a predicate write');
update backup.critical_tables set predicate = 'true) is not true; delete from odd."The Pets"; select (true';
select ok(pg_temp.actual('error') like 'inconclusive: error 42%' and (select count(*) = 2 from odd."The Pets"),
  'check_critical_data() does not let a predicate bring a second statement');
select throws_ok($$ update backup.critical_tables set freshness_column = 'seen_at' $$, '23514', null,
  'check_critical_data() cannot be configured with half a freshness rule');

-- permissions
select function_privs_are('backup', 'check_critical_data', array['text', 'text', 'timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute check_critical_data()');

select * from finish();
rollback;
