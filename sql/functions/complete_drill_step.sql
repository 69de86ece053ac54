-- requires: functions/_held_drill_step.sql
-- backup.complete_drill_step(p_drill_id, p_step_no, p_claim_id, p_seconds, p_result, p_append)
--
-- Why: a result counts only while the claim is held, and the steps that follow from it are planned in the same
-- transaction, so that they are planned once. p_append: array of {kind, phase, alone, payload}, worked on after all that
-- are there. Returns the number of steps that are left. Errors: HF522, HF523.
create or replace function backup.complete_drill_step(
  p_drill_id uuid, p_step_no integer, p_claim_id uuid, p_seconds numeric, p_result jsonb default null, p_append jsonb default '[]')
returns integer
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_drill_step(p_drill_id, p_step_no, p_claim_id);
  update backup.drill_steps s
     set state = 'done', seconds = p_seconds, result = p_result, claim_id = null, lease_until = null,
         error_code = null, error_message = null
   where s.drill_id = p_drill_id and s.step_no = p_step_no;
  insert into backup.drill_steps (drill_id, step_no, kind, phase, alone, payload)
  select p_drill_id, (select max(s.step_no) from backup.drill_steps s where s.drill_id = p_drill_id) + a.no,
         a.step ->> 'kind', a.step ->> 'phase', coalesce((a.step ->> 'alone')::boolean, false), coalesce(a.step -> 'payload', '{}')
  from jsonb_array_elements(p_append) with ordinality as a(step, no);
  return (select count(*) from backup.drill_steps s where s.drill_id = p_drill_id and s.state <> 'done');
end;
$$;

comment on function backup.complete_drill_step(uuid, integer, uuid, numeric, jsonb, jsonb) is
  'Records a finished step and appends the steps that follow from it; returns how many are left. Errors: HF522, HF523.';
revoke all on function backup.complete_drill_step(uuid, integer, uuid, numeric, jsonb, jsonb) from public;
