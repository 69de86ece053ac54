-- Tests sql/functions/schedule_keeper.sql
begin;
select plan(8);

-- arrange
update backup.settings set external_clock = false;

-- contract
select function_returns('backup', 'schedule_keeper', array['text'], 'boolean', 'schedule_keeper() returns boolean');
select isnt(obj_description('backup.schedule_keeper(text)'::regprocedure), null, 'schedule_keeper() has a comment');

-- behaviour
select is(backup.schedule_keeper('20260101T000000Z-00000a'), true, 'schedule_keeper() says that pg_cron will hold the snapshot');
select results_eq($$ select command from cron.job where jobname = 'holdfast-keeper-20260101T000000Z-00000a' $$,
  $$ values (backup.keeper_command('20260101T000000Z-00000a')) $$, 'schedule_keeper() names the job after the run, so that its end can remove it');
update backup.settings set external_clock = true;
select is(backup.schedule_keeper('20260101T000000Z-00000b'), false, 'schedule_keeper() leaves it to the clock outside');

-- permissions
select function_privs_are('backup', 'schedule_keeper', array['text'], 'anon', array[]::text[], 'anon may not execute schedule_keeper()');
select function_privs_are('backup', 'schedule_keeper', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute schedule_keeper()');
select function_privs_are('backup', 'schedule_keeper', array['text'], 'service_role', array[]::text[], 'service_role may not execute schedule_keeper()');

select * from finish();
rollback;
