-- requires: functions/run_job.sql, tables/policies.sql
-- backup.install_schedules()
--
-- Why: pg_cron is the clock. The same name overwrites, so calling it again changes nothing but brings schedules up to date.
-- The export and the drill are scheduled only while an S3 policy is on. Errors: HF005 pg_cron is missing.
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
  for v_job in
    select * from (values
      ('tick',   '* * * * *',  true),
      ('verify', '0 2 * * 0',  true),
      ('prune',  '17 3 * * *', true),
      ('export', case when exists (select from backup.policies p where p.name = 'secondary_daily' and p.enabled)
                      then '0 1 * * *' else '0 1 * * 0' end,
                 exists (select from backup.policies p where p.provider = 'aws_s3' and p.enabled)),
      ('drill',  '0 4 1 * *', exists (select from backup.policies p where p.provider = 'aws_s3' and p.enabled))
    ) as j(name, schedule, wanted)
  loop
    if v_job.wanted then
      execute 'select cron.schedule($1, $2, $3)'
        using 'holdfast-' || v_job.name, v_job.schedule, format('select backup.run_job(%L)', v_job.name);
      job_name := 'holdfast-' || v_job.name;
      schedule := v_job.schedule;
      return next;
    else
      perform backup.unschedule('holdfast-' || v_job.name);
    end if;
  end loop;
end;
$$;

comment on function backup.install_schedules() is
  'Schedules the minute tick, the weekly verification (Sunday 02:00 UTC), the nightly clean-up and, when S3 is enabled, the export and the monthly drill. Safe to call again. Errors: HF005.';
revoke all on function backup.install_schedules() from public;
