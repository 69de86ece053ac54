-- Tests sql/functions/unschedule.sql
begin;
select plan(11);

-- arrange
select cron.schedule('hf-test-a', '* * * * *', 'select 1') > 0 as scheduled_a;
select cron.schedule('hf-test-b', '* * * * *', 'select 1') > 0 as scheduled_b;

-- contract
select function_returns('backup', 'unschedule', array['text'], 'boolean', 'unschedule() returns boolean');
select isnt(obj_description('backup.unschedule(text)'::regprocedure), null, 'unschedule() has a comment');

-- behaviour
select is(backup.unschedule('hf-test-a'), true, 'unschedule() says that the job was there');
select results_eq($$ select jobname::text collate "default" from cron.job where jobname like 'hf-test-%' $$, array['hf-test-b'], 'unschedule() removes that job and no other');
select is(backup.unschedule('hf-test-a'), false, 'unschedule() says that the job was not there, and does not raise');
select is(backup.unschedule(null), false, 'unschedule() does nothing without a name');
grant execute on function backup.unschedule(text) to service_role;
set local role service_role;
select is(backup.unschedule('hf-test-b'), false, 'unschedule() is no error for a role that may not use pg_cron');
reset role;
revoke execute on function backup.unschedule(text) from service_role;
select is((select count(*)::integer from cron.job where jobname = 'hf-test-b'), 1, 'unschedule() then leaves the jobs of others');

-- permissions
select function_privs_are('backup', 'unschedule', array['text'], 'anon', array[]::text[], 'anon may not execute unschedule()');
select function_privs_are('backup', 'unschedule', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute unschedule()');
select function_privs_are('backup', 'unschedule', array['text'], 'service_role', array[]::text[], 'service_role may not execute unschedule()');

select * from finish();
rollback;
