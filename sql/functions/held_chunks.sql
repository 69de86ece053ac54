-- requires: tables/chunks.sql
-- backup.held_chunks(p_run_id, p_claim_id)
--
-- Why: a worker that was slow, frozen or presumed dead must not report over the head of its successor. The rows are locked,
-- so that a claim cannot change hands between this look and the report.
-- Locks: the run row, so that reports, claims and the end of a run follow one another. Errors: HF003 the run has ended, HF004 the claim is no longer held.
create or replace function backup.held_chunks(p_run_id text, p_claim_id uuid)
returns setof backup.chunks
language plpgsql
set search_path = ''
as $$
declare
  v_state backup.run_state;
begin
  select r.state into v_state from backup.runs r where r.run_id = p_run_id for no key update;
  if v_state is distinct from 'exporting' then
    raise exception using errcode = 'HF003', message = format('run %s is not exporting', p_run_id),
      detail = format('Its state is %s.', coalesce(v_state::text, 'unknown')), hint = 'Stop the worker; the run has ended.';
  end if;
  return query
    select * from backup.chunks c
    where c.run_id = p_run_id and c.claim_id = p_claim_id and c.state = 'claimed'
    order by c.chunk_no
    for update;
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s of run %s is no longer held', p_claim_id, p_run_id),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
end;
$$;

comment on function backup.held_chunks(text, uuid) is 'Chunks a claim still holds, locked for the report. Errors: HF003, HF004.';
revoke all on function backup.held_chunks(text, uuid) from public;
