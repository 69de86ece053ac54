-- requires: tables/settings.sql
-- backup.schedule_once(p_job_name, p_command)
--
-- Why: pg_cron has no one-off jobs. The command has to unschedule p_job_name itself as its first step. Versions from 1.5 on
-- take seconds, which starts it at once; older ones start it at the next full minute.
-- Returns false where the database has no pg_cron or another clock is in charge; the caller then needs another session to run the command.
create or replace function backup.schedule_once(p_job_name text, p_command text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null or (select s.external_clock from backup.settings s) then
    return false;
  end if;
  begin
    execute 'select cron.schedule($1, $2, $3)' using p_job_name, '1 seconds', p_command;
  exception when others then
    -- Whatever this version dislikes about seconds, the minute form says whether scheduling works at all.
    execute 'select cron.schedule($1, $2, $3)' using p_job_name, '* * * * *', p_command;
  end;
  return true;
end;
$$;

comment on function backup.schedule_once(text, text) is
  'Schedules a command as soon as pg_cron can. The command must unschedule the job itself. False without pg_cron or with backup.settings.external_clock.';
revoke all on function backup.schedule_once(text, text) from public;
