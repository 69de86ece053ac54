-- requires: tables/drill_steps.sql
-- backup._held_drill_step(p_drill_id, p_step_no, p_claim_id)
--
-- Why: a worker that was slow, frozen or presumed dead must not report over the head of its successor.
-- Locks: the drill, then the step. Errors: HF522 the drill has ended, HF523 the claim is no longer held.
create or replace function backup._held_drill_step(p_drill_id uuid, p_step_no integer, p_claim_id uuid)
returns backup.drill_steps
language plpgsql
set search_path = ''
as $$
declare
  v_state text;
  v_step  backup.drill_steps;
begin
  select d.state into v_state from backup.drills d where d.drill_id = p_drill_id for no key update;
  if v_state is distinct from 'running' then
    raise exception using errcode = 'HF522', message = format('drill %s is not active', p_drill_id),
      detail = format('Its state is %s.', coalesce(v_state, 'unknown')), hint = 'Stop the worker; the drill has ended.';
  end if;
  select * into v_step from backup.drill_steps s
  where s.drill_id = p_drill_id and s.step_no = p_step_no and s.claim_id = p_claim_id and s.state = 'claimed' for update;
  if not found then
    raise exception using errcode = 'HF523', message = format('step %s of drill %s is no longer held', p_step_no, p_drill_id),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  return v_step;
end;
$$;

comment on function backup._held_drill_step(uuid, integer, uuid) is 'The step a claim still holds, locked for the report. Errors: HF522, HF523.';
revoke all on function backup._held_drill_step(uuid, integer, uuid) from public;
