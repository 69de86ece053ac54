-- Tests sql/pgtap/run_tests.sql
-- pgTAP keeps one plan per session, so what run_tests() answers is collected before this file makes its own.
begin;

-- arrange: one test of each outcome, written against pgTAP wherever it is
create schema odd;
create table odd.touched (id integer);
do $$
declare
  v_tap name := backup._pgtap_schema();
  v_test record;
begin
  for v_test in
    select * from (values
      ('test_a_holds',   'return next ok(true, ''one''); return next ok(true, ''two # three'');'),
      ('test_b_fails',   'return next ok(true, ''fine''); return next is(''secret''::text, ''other''::text, ''the names match'');'),
      ('test_c_skipped', 'return next skip(''no reason'', 1);'),
      ('test_d_dies',    'perform ''secret''::integer;'),
      ('test_e_denied',  'set local role anon; perform * from odd.touched;'),
      ('test_f_unsure',  'return next ok(false, ''inconclusive: cannot look'');'),
      ('test_g_empty',   'return;'),
      ('test_h_writes',  'insert into odd.touched values (1); return next ok((select count(*) = 1 from odd.touched where id = 1), ''sees its own row'');'),
      ('test_i_mixed',   'return next skip(''later'', 1); return next ok(true, ''holds'');')) as t (name, body)
  loop
    execute format('create function backup_tests.%I() returns setof text language plpgsql %s as %L', v_test.name,
      case when v_test.name = 'test_e_denied' then '' else format('set search_path = %I', v_tap) end,
      format('begin %s end', v_test.body));
  end loop;
  execute format('create function backup_tests.startup_spoils() returns setof text language plpgsql set search_path = %I as %L',
    v_tap, 'begin insert into odd.touched values (2); return; end');
end $$;
create temp table findings as select * from backup.run_tests();
create function pg_temp.actual(p_test text) returns text language sql as $$
  select f.verdict || ': ' || f.actual from findings f where f.subject = 'backup_tests.' || p_test
$$;

create temp table one as select * from backup.run_tests('test_a_holds');

-- a database without tests, and one without pgTAP
alter schema backup_tests rename to backup_tests_away;
create schema backup_tests;
create temp table no_tests as select * from backup.run_tests();
create or replace function backup._pgtap_schema() returns name language sql stable set search_path = '' as 'select null::name';
create temp table no_pgtap as select * from backup.run_tests();

select plan(19);

-- contract
select function_returns('backup', 'run_tests', array['text'], 'setof backup.finding', 'run_tests() returns findings');
select isnt(obj_description('backup.run_tests(text)'::regprocedure), null, 'run_tests() has a comment');

-- behaviour
select is(pg_temp.actual('test_a_holds'), 'passed: 2 hold', 'run_tests() passes a test whose assertions hold');
select is(pg_temp.actual('test_b_fails'), 'failed: 1 hold, 1 do not hold', 'run_tests() fails a test with a failed assertion');
select is((select f.evidence -> 'failures' from findings f where f.subject like '%test_b_fails'), '["the names match"]'::jsonb,
  'run_tests() names the failed assertion');
select is(pg_temp.actual('test_c_skipped'), 'skipped: 1 skipped', 'run_tests() skips a test that skipped everything');
select is(pg_temp.actual('test_d_dies'), 'failed: the test died with error 22P02', 'run_tests() fails a test that died');
select is(pg_temp.actual('test_e_denied'), 'inconclusive: the test died with error 42501', 'run_tests() is inconclusive about a test that may not look');
select is(pg_temp.actual('test_f_unsure'), 'inconclusive: 1 do not hold', 'run_tests() carries inconclusive through TAP');
select is(pg_temp.actual('test_g_empty'), 'failed: the test made no assertion', 'run_tests() fails a test without assertions');
select is(pg_temp.actual('test_h_writes'), 'passed: 1 hold', 'run_tests() lets a test write');
select is(pg_temp.actual('test_i_mixed'), 'passed: 1 hold, 1 skipped', 'run_tests() passes a test that skipped a part');
select is_empty('select * from odd.touched where id = 1', 'run_tests() rolls back what a test wrote');
select is_empty('select * from odd.touched where id = 2', 'run_tests() rolls back what a startup function wrote');
select unalike((select string_agg(f::text, '') from findings f), '%secret%', 'run_tests() prints no value that an assertion compared');
select is((select f.verdict || ': ' || f.actual from no_tests f), 'skipped: the schema holds no such test: select backup.install_tests();', 'run_tests() is skipped without tests');
select is((select string_agg(f.subject, ',') from one f), 'backup_tests.test_a_holds', 'run_tests() runs the one test it is given');
select is((select f.verdict::text from no_pgtap f), 'skipped', 'run_tests() is skipped without pgTAP');

-- permissions
select function_privs_are('backup', 'run_tests', array['text'], 'anon', array[]::text[], 'anon may not execute run_tests()');

select * from finish();
rollback;
