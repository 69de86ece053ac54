-- Tests sql/functions/run_sample_queries.sql
begin;
select plan(25);

-- arrange
create schema odd;
create table odd.pets (id integer);
insert into odd.pets values (1), (2);
create sequence odd.counter;
delete from backup.sample_queries;
create function pg_temp.actual(p_query text, p_expectation text, p_value text default null, p_max_ms integer default 5000)
returns text language plpgsql as $$
begin
  insert into backup.sample_queries (name, query, expectation, expected_value, max_ms)
  values ('the query', p_query, p_expectation, p_value, p_max_ms)
  on conflict (name) do update set query = excluded.query, expectation = excluded.expectation,
    expected_value = excluded.expected_value, max_ms = excluded.max_ms;
  return (select f.verdict || ': ' || f.actual from backup.run_sample_queries('the query') f);
end $$;

-- contract
select function_returns('backup', 'run_sample_queries', array['text'], 'setof backup.finding', 'run_sample_queries() returns findings');
select isnt(obj_description('backup.run_sample_queries(text)'::regprocedure), null, 'run_sample_queries() has a comment');
select is_empty($$ select * from backup.run_sample_queries() $$, 'run_sample_queries() finds nothing to do without queries');

-- behaviour: expectations
select is(pg_temp.actual('select * from odd.pets', 'runs'), 'passed: 2 rows', 'run_sample_queries() passes a query that runs');
select is(pg_temp.actual('select * from odd.pets;', 'non_empty'), 'passed: 2 rows', 'run_sample_queries() passes non_empty');
select is(pg_temp.actual('select from odd.pets where id > 5', 'non_empty'), 'failed: 0 rows', 'run_sample_queries() fails non_empty');
select is(pg_temp.actual('select from odd.pets where id > 5', 'empty'), 'passed: 0 rows', 'run_sample_queries() passes empty');
select is(pg_temp.actual('table odd.pets', 'empty'), 'failed: 2 rows', 'run_sample_queries() fails empty');
select is(pg_temp.actual('table odd.pets', 'rows_min', '2'), 'passed: 2 rows', 'run_sample_queries() passes rows_min');
select is(pg_temp.actual('table odd.pets', 'rows_min', '3'), 'failed: 2 rows', 'run_sample_queries() fails rows_min');
select is(pg_temp.actual('select generate_series(1, 2500)', 'rows_equal', '2500'), 'passed: 2500 rows', 'run_sample_queries() counts every row');
select is(pg_temp.actual('table odd.pets', 'rows_equal', '3'), 'failed: 2 rows', 'run_sample_queries() fails rows_equal');
select is(pg_temp.actual('select count(*) as z, 1 as a from odd.pets', 'scalar_equals', '2'), 'passed: the configured value',
  'run_sample_queries() compares the first column');
select is(pg_temp.actual('select ''secret''::text', 'scalar_equals', '2'), 'failed: another value', 'run_sample_queries() fails another value without printing it');
select is(pg_temp.actual('select null::text', 'scalar_equals', null), 'passed: the configured value', 'run_sample_queries() can expect NULL');

-- behaviour: errors, writes, several statements
select is(pg_temp.actual('select ''secret''::integer', 'runs'), 'failed: error 22P02', 'run_sample_queries() fails an error and keeps its message, which may quote a row');
select is(pg_temp.actual('select * from pets', 'runs'), 'failed: error 42P01: relation "pets" does not exist', 'run_sample_queries() runs with an empty search_path');
select ok(pg_temp.actual('delete from odd.pets returning id', 'runs') like 'failed: error%', 'run_sample_queries() fails a data-modifying statement');
select is(pg_temp.actual('select nextval(''odd.counter'')', 'runs'), 'failed: error 25006: cannot execute nextval() in a read-only transaction', 'run_sample_queries() runs read-only');
select ok(pg_temp.actual('select 1; delete from odd.pets', 'runs') like 'failed: error 42%', 'run_sample_queries() takes one statement only');
select ok(pg_temp.actual('select set_config(''transaction_read_only'', ''off'', true), nextval(''odd.counter'')', 'runs') like 'failed: error 25%',
  'run_sample_queries() does not let a query become read-write');
select is((select count(*)::integer from odd.pets), 2, 'run_sample_queries() leaves the data and the transaction writable');

-- behaviour: time
select is(pg_temp.actual('select pg_sleep(0.02) from generate_series(1, 200)', 'runs', null, 10), 'failed: stopped after its time budget',
  'run_sample_queries() stops a query over its budget');
select cmp_ok((select (f.evidence ->> 'duration_ms')::numeric from backup.run_sample_queries() f), '<', 30000::numeric,
  'run_sample_queries() reports the measured time');

-- permissions
select function_privs_are('backup', 'run_sample_queries', array['text'], 'anon', array[]::text[], 'anon may not execute run_sample_queries()');

select * from finish();
rollback;
