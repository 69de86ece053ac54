-- requires: functions/schedule_once.sql, functions/keeper_command.sql
-- backup.schedule_keeper(p_run_id)
create or replace function backup.schedule_keeper(p_run_id text)
returns boolean
language sql
set search_path = ''
as $$
  select backup.schedule_once('holdfast-keeper-' || p_run_id, backup.keeper_command(p_run_id))
$$;

comment on function backup.schedule_keeper(text) is
  'Lets pg_cron hold the snapshot of a run. False without pg_cron: then another session has to run backup.keeper_command().';
revoke all on function backup.schedule_keeper(text) from public;
