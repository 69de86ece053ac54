-- backup.installed_schedules()
--
-- Why: cron.job may be missing or closed to the caller, and both mean that nothing is installed. One-off jobs, which hold a
-- snapshot or run a check, are not part of the strategy. Row security is on for the reason given in backup.unschedule().
create or replace function backup.installed_schedules()
returns table (job_name text, schedule text)
language plpgsql
stable
set search_path = ''
set row_security = on
as $$
begin
  if to_regclass('cron.job') is null or not coalesce(has_schema_privilege(to_regnamespace('cron')::oid, 'usage'), false) then
    return;
  end if;
  return query execute $q$
    select j.jobname::text, j.schedule from cron.job j
    where j.jobname like 'holdfast-%' and j.command like 'select backup.run_job(%' order by 1 $q$;
end
$$;

comment on function backup.installed_schedules() is 'Jobs of Holdfast that pg_cron has, with their schedules; none without pg_cron.';
revoke all on function backup.installed_schedules() from public;
