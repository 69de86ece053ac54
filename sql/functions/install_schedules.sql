-- requires: functions/run_job.sql, functions/wanted_schedules.sql, functions/installed_schedules.sql
-- backup.install_schedules()
--
-- Why: pg_cron is the clock. The same name overwrites, so calling it again changes nothing but brings schedules up to date.
-- The export, the drill and retention are scheduled only while an S3 policy is on. Errors: HF005 pg_cron is missing.
create or replace function backup.install_schedules()
returns table (job_name text, schedule text)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_job record;
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    raise exception using errcode = 'HF005', message = 'pg_cron is not installed',
      hint = 'Run create extension pg_cron; or enable it under Integrations > Cron in the dashboard.';
  end if;
  perform backup.unschedule(i.job_name) from backup.installed_schedules() i
  where i.job_name not in (select w.job_name from backup.wanted_schedules() w);
  for v_job in select * from backup.wanted_schedules() loop
    execute 'select cron.schedule($1, $2, $3)' using v_job.job_name, v_job.schedule, v_job.command;
    job_name := v_job.job_name;
    schedule := v_job.schedule;
    return next;
  end loop;
end;
$$;

comment on function backup.install_schedules() is
  'Schedules the minute tick, the weekly verification (Sunday 02:00 UTC), the nightly clean-up and, when S3 is enabled, the exports of backup.policies, the monthly drill and daily retention. Safe to call again. Errors: HF005.';
revoke all on function backup.install_schedules() from public;
