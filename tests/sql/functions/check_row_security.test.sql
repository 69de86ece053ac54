-- Tests sql/functions/check_row_security.sql
begin;
select plan(11);

-- arrange: "Api" becomes an exposed schema, hidden stays one that is not
create schema "Api";
create schema hidden;
create table "Api".guarded (id integer);
alter table "Api".guarded enable row level security;
create policy anyone on "Api".guarded using (true);
create table "Api".unreachable (id integer);
create function pg_temp.actual(p_schema text, p_table text default null) returns text language sql as $$
  select string_agg(f.subject || ' ' || f.verdict || ': ' || f.actual, '; ' order by f.subject) from backup.check_row_security(p_schema, p_table) f
$$;
revoke all on all tables in schema "Api" from anon, authenticated;
select set_config('pgrst.db_schemas', 'storage, Api', true);

-- contract
select function_returns('backup', 'check_row_security', array['text', 'text'], 'setof backup.finding', 'check_row_security() returns findings');
select isnt(obj_description('backup.check_row_security(text,text)'::regprocedure), null, 'check_row_security() has a comment');

-- behaviour
select is(pg_temp.actual('Api'), '"Api" passed: 2 tables in order', 'check_row_security() passes guarded and unreachable tables');
grant select on "Api".unreachable to anon;
select is(pg_temp.actual('Api', 'unreachable'), '"Api".unreachable failed: row security is off and anon can reach the table', 'check_row_security() fails a table that anon can reach');
revoke select on "Api".unreachable from anon;
grant update (id) on "Api".unreachable to authenticated;
select is(pg_temp.actual('Api', 'unreachable'), '"Api".unreachable failed: row security is off and authenticated can reach the table', 'check_row_security() sees rights on single columns');
select set_config('pgrst.db_schemas', 'storage', true);
select is(pg_temp.actual('Api', 'unreachable'), '"Api" passed: 1 tables in order', 'check_row_security() leaves schemas that are not exposed');
create table hidden.sleeping (id integer);
create policy sleeping on hidden.sleeping using (false);
select is(pg_temp.actual('hidden'), 'hidden.sleeping failed: policies have no effect: row security is off', 'check_row_security() fails policies without effect in any schema');
alter table hidden.sleeping enable row level security;
select is(pg_temp.actual('hidden'), 'hidden passed: 1 tables in order', 'check_row_security() passes them once row security is on');
drop policy sleeping on hidden.sleeping;
select is(pg_temp.actual('hidden'), 'hidden passed: 1 tables in order, 1 without a policy', 'check_row_security() notes tables without a policy');
create table public.hf_test_parted (id integer) partition by range (id);
alter table public.hf_test_parted enable row level security;
create table public.hf_test_part partition of public.hf_test_parted default;
grant select on public.hf_test_part to anon;
revoke all on public.hf_test_part from authenticated;
select is(pg_temp.actual('public', 'hf_test_part'), 'public.hf_test_part failed: row security is off and anon can reach the table', 'check_row_security() examines partitions, and public is always exposed');

-- permissions
select function_privs_are('backup', 'check_row_security', array['text', 'text'], 'anon', array[]::text[], 'anon may not execute check_row_security()');

select * from finish();
rollback;
