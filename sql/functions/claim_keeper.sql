-- requires: tables/runs.sql
-- backup.claim_keeper(p_run_id)
--
-- Why: exactly one session becomes the keeper of a run, and the ledger knows which server process it is before the snapshot
-- exists, so that its death can be told from its absence. The log position is read before the snapshot is taken and
-- so is never ahead of it.
-- Errors: HF005 the run does not wait for a keeper.
create or replace function backup.claim_keeper(p_run_id text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update backup.runs r
     set keeper_pid = pg_backend_pid(),
         keeper_backend_start = (select a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid()),
         keeper_claimed_at = clock_timestamp(),
         snapshot_lsn = pg_current_wal_lsn()
   where r.run_id = p_run_id and r.state = 'starting' and r.keeper_pid is null;
  if not found then
    raise exception using
      errcode = 'HF005',
      message = format('run %s does not wait for a keeper', p_run_id),
      hint    = 'A run gets one keeper. Start another run with backup.start_run().';
  end if;
end;
$$;

comment on function backup.claim_keeper(text) is 'Makes the calling session the keeper of a run; commit before backup.hold_snapshot(). Errors: HF005.';
revoke all on function backup.claim_keeper(text) from public;
