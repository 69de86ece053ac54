-- Tests sql/functions/enable.sql
begin;
select plan(17);

-- arrange
select backup.disable();

-- contract
select function_returns('backup', 'enable', array['boolean'], 'setof record', 'enable() returns setof record');
select isnt(obj_description('backup.enable(boolean)'::regprocedure), null, 'enable() has a comment');

-- behaviour
select results_eq('select job_name, schedule from backup.enable() order by 1', $$ values
  ('holdfast-drill', '0 4 1 * *'), ('holdfast-export', '0 1 * * 0'), ('holdfast-prune', '17 3 * * *'), ('holdfast-retention', '37 4 * * *'), ('holdfast-tick', '* * * * *'), ('holdfast-verify', '0 2 * * 0') $$,
  'enable() returns the schedules it installed');
select results_eq($$ select name, enabled from backup.policies where provider = 'aws_s3' order by 1 $$,
  $$ values ('secondary_daily', false), ('secondary_monthly', true), ('secondary_weekly', true) $$, 'enable() turns on the weekly and the monthly policy');
select is((select count(*)::integer from cron.job where jobname in ('holdfast-export', 'holdfast-prune', 'holdfast-tick', 'holdfast-verify', 'holdfast-drill', 'holdfast-retention')), 6, 'enable() leaves them with pg_cron');
select is((select count(*)::integer from backup.enable()), 6, 'enable() can be called again');
select is((select count(*)::integer from cron.job where jobname like 'holdfast-%'), 6, 'enable() then adds nothing');
select is((select schedule from backup.enable(true) where job_name = 'holdfast-export'), '0 1 * * *', 'enable() exports every day on demand');
select is((select enabled from backup.policies where name = 'secondary_daily'), true, 'enable() then turns on the daily policy');
select is((select schedule from cron.job where jobname = 'holdfast-export'), '0 1 * * *', 'enable() changes the schedule that is there');
select is((select schedule from backup.enable() where job_name = 'holdfast-export'), '0 1 * * 0', 'enable() goes back to weekly exports');
select is((select enabled from backup.policies where name = 'secondary_daily'), false, 'enable() then turns the daily policy off');
select is((select enabled from backup.policies where name = 'storage'), false, 'enable() turns on no policy it does not carry out');
select is((select count(*) > 0 from pg_proc where pronamespace = to_regnamespace('backup_tests')), true, 'enable() installs the tests where pgTAP is there');

-- permissions
select function_privs_are('backup', 'enable', array['boolean'], 'anon', array[]::text[], 'anon may not execute enable()');
select function_privs_are('backup', 'enable', array['boolean'], 'authenticated', array[]::text[], 'authenticated may not execute enable()');
select function_privs_are('backup', 'enable', array['boolean'], 'service_role', array[]::text[], 'service_role may not execute enable()');

select * from finish();
rollback;
