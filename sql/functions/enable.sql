-- requires: functions/install_schedules.sql
-- backup.enable(p_daily)
--
-- Why: one call turns the secondary backup on: the strategy rows, the schedules and, where pgTAP is installed, the tests in
-- the database belong together.
-- Errors: HF005 pg_cron is missing.
create or replace function backup.enable(p_daily boolean default false)
returns table (job_name text, schedule text)
language plpgsql
set search_path = ''
as $$
begin
  update backup.policies p set enabled = (p.name <> 'secondary_daily' or p_daily) where p.provider = 'aws_s3';
  perform backup.install_tests();
  return query select * from backup.install_schedules();
end;
$$;

comment on function backup.enable(boolean) is 'Turns the S3 backup on, weekly or with p_daily every day, and installs the schedules. Safe to call again. Errors: HF005.';
revoke all on function backup.enable(boolean) from public;
