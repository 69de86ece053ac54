-- requires: functions/_held_drill_step.sql, functions/fail_drill.sql, tables/settings.sql
-- backup.release_drill_step(p_drill_id, p_step_no, p_claim_id, p_code, p_message, p_retry)
--
-- Why: a worker that meets an error gives the step back at once, so that nobody waits for the lease. With p_retry it may
-- be claimed again after a back-off that doubles (2 s, 4 s, 8 s, … at most 5 minutes); without it, or when its attempts
-- are spent, the drill fails with this error.
-- Returns whether the step will be tried again. Errors: HF522, HF523.
create or replace function backup.release_drill_step(
  p_drill_id uuid, p_step_no integer, p_claim_id uuid, p_code text, p_message text, p_retry boolean)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_attempts integer := (select h.attempts from backup._held_drill_step(p_drill_id, p_step_no, p_claim_id) h);
begin
  update backup.drill_steps s
     set state = 'pending', claim_id = null, lease_until = null, error_code = p_code, error_message = p_message,
         not_before = clock_timestamp() + least(make_interval(secs => 2 ^ least(s.attempts, 10)), interval '5 minutes')
   where s.drill_id = p_drill_id and s.step_no = p_step_no;
  if p_retry and v_attempts < (select s.max_attempts from backup.settings s) then
    return true;
  end if;
  perform backup.fail_drill(p_drill_id, p_code, p_message);
  return false;
end;
$$;

comment on function backup.release_drill_step(uuid, integer, uuid, text, text, boolean) is
  'Gives a claimed step back after an error: to be tried again later, or to fail the drill. Errors: HF522, HF523.';
revoke all on function backup.release_drill_step(uuid, integer, uuid, text, text, boolean) from public;
