-- requires: functions/dispatch.sql, functions/run_progress.sql
-- backup.hand_over(p_run_id, p_workers)
--
-- Why: a function that has spent its budget asks the database for a fresh one. Only while there is something to claim: the
-- worker that finishes a phase goes on with the next one itself.
-- Returns how many were dispatched.
create or replace function backup.hand_over(p_run_id text, p_workers integer default 1)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_progress record;
  v_count    integer := 0;
begin
  select * into v_progress from backup.run_progress(p_run_id);
  if v_progress.state = 'exporting' then
    v_count := least(p_workers, v_progress.claimable)::integer;
    for i in 1 .. v_count loop
      perform backup.dispatch('export-backup', jsonb_build_object('action', 'work', 'run_id', p_run_id), p_run_id);
    end loop;
  end if;
  return v_count;
end;
$$;

comment on function backup.hand_over(text, integer) is 'Dispatches fresh workers for a run while chunks can be claimed; returns how many.';
revoke all on function backup.hand_over(text, integer) from public;
