-- requires: functions/hand_over.sql, functions/live_workers.sql, tables/settings.sql
-- backup.revive_runs()
--
-- Why: workers die without a word: out of CPU time, out of memory, or with their isolate. Each minute the missing ones of
-- every active run are replaced. Runs of the command line look after themselves.
-- Returns how many workers were dispatched.
create or replace function backup.revive_runs()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_workers integer := (select s.workers from backup.settings s);
  v_count   integer := 0;
  v_run     record;
begin
  for v_run in
    select r.run_id, r.state from backup.runs r
    where r.engine = 'functions' and r.state in ('starting', 'exporting') and r.keeper_pid is not null
  loop
    if v_run.state = 'starting' and backup.live_workers(v_run.run_id) = 0 then
      perform backup.dispatch('export-backup', jsonb_build_object('action', 'work', 'run_id', v_run.run_id), v_run.run_id);
      v_count := v_count + 1;
    elsif v_run.state = 'exporting' then
      v_count := v_count + backup.hand_over(v_run.run_id, greatest(0, v_workers - backup.live_workers(v_run.run_id)));
    end if;
  end loop;
  return v_count;
end;
$$;

comment on function backup.revive_runs() is 'Dispatches workers for active runs that have fewer than backup.settings.workers; returns how many.';
revoke all on function backup.revive_runs() from public;
