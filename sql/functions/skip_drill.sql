-- requires: tables/drills.sql, functions/_held_drill_step.sql, functions/_drill_alert.sql, functions/_drill_phase_seconds.sql
-- backup.skip_drill(p_drill_id, p_step_no, p_claim_id, p_reason)
--
-- Why: a drill that functions are too small for says nothing about the backup. It is neither passed nor failed, and a person
-- has to hear that it did not take place. Only the worker that holds its step may say so: one that was presumed dead would
-- otherwise end the drill over the head of its successor.
-- Errors: HF522, HF523.
create or replace function backup.skip_drill(p_drill_id uuid, p_step_no integer, p_claim_id uuid, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_drill_step(p_drill_id, p_step_no, p_claim_id);
  update backup.drills d
     set state = 'complete', verdict = 'skipped', finished_at = clock_timestamp(),
         proof = jsonb_build_object('skipped', p_reason), phase_seconds = backup._drill_phase_seconds(d.drill_id)
   where d.drill_id = p_drill_id;
  perform backup._drill_alert(p_drill_id);
end;
$$;

comment on function backup.skip_drill(uuid, integer, uuid, text) is
  'Ends an active drill that cannot be carried out here, with the reason, and raises a warning. Errors: HF522, HF523.';
revoke all on function backup.skip_drill(uuid, integer, uuid, text) from public;
