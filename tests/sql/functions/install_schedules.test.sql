-- Tests sql/functions/install_schedules.sql
begin;
select plan(14);

-- arrange
select backup.disable();

-- contract
select function_returns('backup', 'install_schedules', array[]::text[], 'setof record', 'install_schedules() returns setof record');
select isnt(obj_description('backup.install_schedules()'::regprocedure), null, 'install_schedules() has a comment');

-- behaviour
select set_eq('select job_name, schedule from backup.install_schedules()',
  $$ values ('holdfast-tick', '* * * * *'), ('holdfast-verify', '0 2 * * 0'), ('holdfast-prune', '17 3 * * *') $$, 'install_schedules() exports nothing while no S3 policy is on');
select results_eq($$ select jobname::text collate "default", schedule, command from cron.job where jobname like 'holdfast-%' order by 1 $$, $$ values
  ('holdfast-prune', '17 3 * * *', 'select backup.run_job(''prune'')'), ('holdfast-tick', '* * * * *', 'select backup.run_job(''tick'')'),
  ('holdfast-verify', '0 2 * * 0', 'select backup.run_job(''verify'')') $$, 'install_schedules() lets every entry go through run_job()');
update backup.policies set enabled = true where name = 'secondary_weekly';
select is((select schedule from backup.install_schedules() where job_name = 'holdfast-export'), '0 1 * * 0', 'install_schedules() exports on Sundays, before the verification');
select is((select schedule from cron.job where jobname = 'holdfast-drill'), '0 4 1 * *', 'install_schedules() drills once a month');
select is((select command from cron.job where jobname = 'holdfast-export'), 'select backup.run_job(''export'')', 'install_schedules() schedules the export');
update backup.policies set enabled = true where name = 'secondary_daily';
select is((select schedule from backup.install_schedules() where job_name = 'holdfast-export'), '0 1 * * *', 'install_schedules() exports daily with the daily policy');
select is((select count(*)::integer from cron.job where jobname like 'holdfast-%'), 6, 'install_schedules() overwrites what is there');
update backup.policies set enabled = false where provider = 'aws_s3';
select is((select count(*)::integer from backup.install_schedules()), 3, 'install_schedules() drops the export when no policy is on any more');
select is((select count(*)::integer from cron.job where jobname in ('holdfast-export', 'holdfast-drill', 'holdfast-retention')), 0, 'install_schedules() then unschedules it, the drill and retention');

-- permissions
select function_privs_are('backup', 'install_schedules', array[]::text[], 'anon', array[]::text[], 'anon may not execute install_schedules()');
select function_privs_are('backup', 'install_schedules', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute install_schedules()');
select function_privs_are('backup', 'install_schedules', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute install_schedules()');

select * from finish();
rollback;
