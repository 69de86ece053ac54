-- Tests sql/functions/wanted_schedules.sql
begin;
select plan(12);

update backup.policies set enabled = false where provider = 'aws_s3';
create function pg_temp.exports() returns table (job_name text, schedule text) language sql as $$
  select w.job_name, w.schedule from backup.wanted_schedules() w where w.job_name like 'holdfast-export%' order by 1 $$;

select results_eq('select job_name, command from backup.wanted_schedules() order by 1',
  $$ values ('holdfast-prune', 'select backup.run_job(''prune'')'), ('holdfast-tick', 'select backup.run_job(''tick'')'), ('holdfast-verify', 'select backup.run_job(''verify'')') $$,
  'wanted_schedules() exports nothing while no S3 policy is on');
update backup.policies set enabled = true where name in ('secondary_weekly', 'secondary_monthly');
select results_eq('select * from pg_temp.exports()', $$ values ('holdfast-export', '0 1 * * 0') $$, 'wanted_schedules() lets a policy without a schedule take the first export of its period');
update backup.policies set enabled = true where name = 'secondary_daily';
select results_eq('select * from pg_temp.exports()', $$ values ('holdfast-export', '0 1 * * *') $$, 'wanted_schedules() leaves out a schedule whose times are those of another');
update backup.policies set schedule = '30 4 1 * *' where name = 'secondary_monthly';
select results_eq('select * from pg_temp.exports()', $$ values ('holdfast-export', '0 1 * * *'), ('holdfast-export-secondary_monthly', '30 4 1 * *') $$,
  'wanted_schedules() gives a schedule of its own a job of its own');
update backup.policies set schedule = '0 2 * * 0' where name = 'secondary_weekly';
select is((select count(*) from pg_temp.exports()), 3::bigint, 'wanted_schedules() does so for every one');
update backup.policies set schedule = '30 seconds' where name = 'secondary_daily';
select results_eq('select * from pg_temp.exports()', $$ values ('holdfast-export', '30 seconds') $$, 'wanted_schedules() takes seconds to cover every minute');
update backup.policies set schedule = null, enabled = name = 'secondary_monthly' where provider = 'aws_s3';
select results_eq('select * from pg_temp.exports()', $$ values ('holdfast-export', '0 1 1 * *') $$, 'wanted_schedules() goes by the frequency where no policy has a schedule');
update backup.policies set enabled = true where provider = 'aws_s3';
select results_eq('select * from pg_temp.exports()', $$ values ('holdfast-export', '0 1 * * *') $$, 'wanted_schedules() then takes the most frequent');
select is((select schedule from backup.wanted_schedules() where job_name = 'holdfast-drill'), '0 4 1 * *', 'wanted_schedules() drills once a month');
select is_empty($$ select * from backup.wanted_schedules() w where backup.cron_problem(w.schedule) is not null $$, 'wanted_schedules() wants valid schedules only');

-- permissions
select function_privs_are('backup', 'wanted_schedules', array[]::text[], 'anon', '{}'::text[], 'wanted_schedules() is closed to anon');
select function_privs_are('backup', 'wanted_schedules', array[]::text[], 'authenticated', '{}'::text[], 'wanted_schedules() is closed to authenticated');

select * from finish();
rollback;
