-- requires: tables/runs.sql, functions/keeper_snapshot.sql, functions/fail_run.sql
-- backup.begin_export(p_run_id)
--
-- Why: workers ask this before they read. It moves a run from starting to exporting once the keeper has published its
-- snapshot, and ends the run when the keeper is gone: rows of two snapshots are never mixed.
-- Returns the snapshot id, or null while the keeper has not appeared. Errors: HF001, HF003, HF300 (the run has failed).
create or replace function backup.begin_export(p_run_id text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_run    backup.runs;
  v_keeper record;
begin
  select * into v_run from backup.runs r where r.run_id = p_run_id for update;
  if not found then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_run_id),
      hint = 'List runs with select * from backup.runs order by run_id desc.';
  end if;
  if v_run.state in ('complete', 'failed', 'expired') then
    raise exception using errcode = 'HF003', message = format('run %s has already ended as %s', p_run_id, v_run.state),
      detail = coalesce(v_run.failure_message, ''), hint = 'Start another run with backup.start_run().';
  end if;

  select * into v_keeper from backup.keeper_snapshot(p_run_id);
  if v_run.state = 'starting' then
    if v_keeper.snapshot_id is not null then
      update backup.runs r
         set state = 'exporting', snapshot_id = v_keeper.snapshot_id, snapshot_at = v_keeper.held_since
       where r.run_id = p_run_id;
    end if;
    return v_keeper.snapshot_id;
  end if;

  if v_keeper.snapshot_id is distinct from v_run.snapshot_id then
    perform backup.fail_run(p_run_id, 'HF300', 'snapshot lost', 'The session that held the snapshot has ended.');
    return null;
  end if;
  return v_run.snapshot_id;
end;
$$;

comment on function backup.begin_export(text) is
  'Snapshot id to import for a run; null while its keeper has not appeared or when the run has just failed because the keeper is gone. Errors: HF001, HF003.';
revoke all on function backup.begin_export(text) from public;
