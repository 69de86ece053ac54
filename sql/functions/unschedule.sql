-- backup.unschedule(p_job_name)
--
-- Why: cron.unschedule() raises for a job that is not there, and the schema may be missing altogether. A role that may not
-- use it has no jobs there; refusing it would keep the end of a run from being recorded. Row security is on, because
-- cron.job shows a role its own jobs, and workers have it off, which makes that an error.
create or replace function backup.unschedule(p_job_name text)
returns boolean
language plpgsql
set search_path = ''
set row_security = on
as $$
declare
  v_found boolean := false;
begin
  if not coalesce(has_schema_privilege(to_regnamespace('cron')::oid, 'usage'), false) then
    return false;
  end if;
  if to_regclass('cron.job') is null then
    return false;
  end if;
  execute 'select count(*) > 0 from cron.job where jobname = $1' into v_found using p_job_name;
  if v_found then
    execute 'select cron.unschedule($1)' using p_job_name;
  end if;
  return v_found;
end;
$$;

comment on function backup.unschedule(text) is 'Removes a pg_cron job if it is there; returns whether it was.';
revoke all on function backup.unschedule(text) from public;
