-- Tests sql/functions/schedule_once.sql
begin;
select plan(12);

-- arrange
update backup.settings set external_clock = false;

-- contract
select function_returns('backup', 'schedule_once', array['text', 'text'], 'boolean', 'schedule_once() returns boolean');
select isnt(obj_description('backup.schedule_once(text,text)'::regprocedure), null, 'schedule_once() has a comment');

-- behaviour
select is(backup.schedule_once('hf-test', 'select 42'), true, 'schedule_once() says that it scheduled the command');
select results_eq($$ select command, schedule from cron.job where jobname = 'hf-test' $$,
  $$ select 'select 42', case when exists (select from pg_extension where extname = 'pg_cron' and extversion ~ '^1\.[0-4]\y') then '* * * * *' else '1 seconds' end $$,
  'schedule_once() takes the earliest time that this version can');
select is(backup.schedule_once('hf-test', 'select 43'), true, 'schedule_once() can be called again');
select results_eq($$ select command from cron.job where jobname = 'hf-test' $$, array['select 43'], 'schedule_once() then replaces the command');
select throws_ok($$ select backup.schedule_once('hf-test', null) $$, null, null, 'schedule_once() raises when nothing could be scheduled');
update backup.settings set external_clock = true;
select is(backup.schedule_once('hf-late', 'select 1'), false, 'schedule_once() leaves it to the clock outside');
select is((select count(*)::integer from cron.job where jobname = 'hf-late'), 0, 'schedule_once() then schedules nothing');

-- permissions
select function_privs_are('backup', 'schedule_once', array['text', 'text'], 'anon', array[]::text[], 'anon may not execute schedule_once()');
select function_privs_are('backup', 'schedule_once', array['text', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute schedule_once()');
select function_privs_are('backup', 'schedule_once', array['text', 'text'], 'service_role', array[]::text[], 'service_role may not execute schedule_once()');

select * from finish();
rollback;
