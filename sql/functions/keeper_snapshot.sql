-- requires: tables/runs.sql
-- backup.keeper_snapshot(p_run_id)
--
-- Why: the only proof that a snapshot is still held is the living session that holds it: same process, same start,
-- same application_name. A process id alone may belong to somebody else by now.
create or replace function backup.keeper_snapshot(p_run_id text, out snapshot_id text, out held_since timestamptz)
language sql
volatile
set search_path = ''
as $$
  select substr(a.application_name, length('holdfast:' || r.run_id || ':') + 1), a.xact_start
  from backup.runs r
  join pg_stat_activity a on a.pid = r.keeper_pid and a.backend_start = r.keeper_backend_start
  where r.run_id = p_run_id
    and starts_with(a.application_name, 'holdfast:' || r.run_id || ':')
$$;

comment on function backup.keeper_snapshot(text) is 'Snapshot that the keeper of a run holds right now; nulls when there is no living keeper.';
revoke all on function backup.keeper_snapshot(text) from public;
