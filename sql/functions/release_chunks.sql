-- requires: functions/held_chunks.sql, functions/fail_run.sql, tables/settings.sql
-- backup.release_chunks(p_run_id, p_claim_id, p_code, p_message, p_retry)
--
-- Why: a worker that meets an error gives its chunks back at once, so that nobody waits for the lease. With p_retry they
-- may be claimed again after a back-off that doubles (2 s, 4 s, 8 s, … at most 5 minutes); without it, or when a chunk's
-- attempts are spent, the run fails with this error.
-- Returns whether the chunks will be tried again. Errors: HF003, HF004.
create or replace function backup.release_chunks(p_run_id text, p_claim_id uuid, p_code text, p_message text, p_retry boolean)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_max_attempts integer := (select s.max_attempts from backup.settings s);
  v_attempts     integer;
begin
  select max(h.attempts) into v_attempts from backup.held_chunks(p_run_id, p_claim_id) h;
  update backup.chunks c
     set state = 'pending', claim_id = null, lease_until = null, error_code = p_code, error_message = p_message,
         not_before = clock_timestamp() + least(make_interval(secs => 2 ^ least(c.attempts, 10)), interval '5 minutes')
   where c.run_id = p_run_id and c.claim_id = p_claim_id and c.state = 'claimed';
  if p_retry and v_attempts < v_max_attempts then
    return true;
  end if;
  perform backup.fail_run(p_run_id, p_code, p_message,
    case when p_retry then format('Given up after %s attempts.', v_attempts) end);
  return false;
end;
$$;

comment on function backup.release_chunks(text, uuid, text, text, boolean) is
  'Gives claimed chunks back after an error: to be tried again later, or to fail the run. Errors: HF003, HF004.';
revoke all on function backup.release_chunks(text, uuid, text, text, boolean) from public;
