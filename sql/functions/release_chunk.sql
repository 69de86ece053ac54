-- requires: functions/held_chunks.sql, functions/fail_run.sql, tables/settings.sql
-- backup.release_chunk(p_run_id, p_claim_id, p_chunk_no, p_code, p_message, p_retry)
--
-- Why: a worker that meets an error gives the chunk back at once, so that nobody waits for the lease. With p_retry it
-- may be claimed again after a back-off that doubles (2 s, 4 s, 8 s, … at most 5 minutes); without it, or when its
-- attempts are spent, the run fails with this error.
-- Returns whether the chunk will be tried again. Errors: HF003, HF004.
create or replace function backup.release_chunk(
  p_run_id text, p_claim_id uuid, p_chunk_no integer, p_code text, p_message text, p_retry boolean)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_max_attempts integer := (select s.max_attempts from backup.settings s);
  v_attempts     integer;
begin
  select h.attempts into v_attempts from backup.held_chunks(p_run_id, p_claim_id) h where h.chunk_no = p_chunk_no;
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold chunk %s', p_claim_id, p_chunk_no),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  update backup.chunks c
     set state = 'pending', claim_id = null, lease_until = null, error_code = p_code, error_message = p_message,
         not_before = clock_timestamp() + least(make_interval(secs => 2 ^ least(c.attempts, 10)), interval '5 minutes')
   where c.run_id = p_run_id and c.chunk_no = p_chunk_no;
  if p_retry and v_attempts < v_max_attempts then
    return true;
  end if;
  perform backup.fail_run(p_run_id, p_code, p_message,
    case when p_retry then format('Given up after %s attempts.', v_attempts) end);
  return false;
end;
$$;

comment on function backup.release_chunk(text, uuid, integer, text, text, boolean) is
  'Gives a claimed chunk back after an error: to be tried again later, or to fail the run. Errors: HF003, HF004.';
revoke all on function backup.release_chunk(text, uuid, integer, text, text, boolean) from public;
