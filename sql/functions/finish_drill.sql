-- requires: functions/complete_drill_step.sql, functions/_drill_alert.sql, functions/_drill_phase_seconds.sql
-- backup.finish_drill(p_drill_id, p_step_no, p_claim_id, p_seconds, p_result)
--
-- Why: the last step brings the verdict; step, verdict and alert change together. The restore point counts as verified
-- from here on when the verdict is passed.
-- p_result: {verdict, rows, raw_bytes, proof, proof_key}. Errors: HF522, HF523, HF524 an unfinished step is left.
create or replace function backup.finish_drill(p_drill_id uuid, p_step_no integer, p_claim_id uuid, p_seconds numeric, p_result jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if backup.complete_drill_step(p_drill_id, p_step_no, p_claim_id, p_seconds) > 0 then
    raise exception using errcode = 'HF524', message = format('drill %s has unfinished steps', p_drill_id),
      hint = 'This is a defect: the verdict comes after every other step. Report it.';
  end if;
  update backup.drills d
     set state = 'complete', verdict = (p_result ->> 'verdict')::backup.verdict, finished_at = clock_timestamp(),
         rows = (p_result ->> 'rows')::bigint, raw_bytes = (p_result ->> 'raw_bytes')::bigint,
         proof = coalesce(p_result -> 'proof', '{}'), proof_key = p_result ->> 'proof_key',
         phase_seconds = backup._drill_phase_seconds(p_drill_id)
   where d.drill_id = p_drill_id;
  perform backup._drill_alert(p_drill_id);
end;
$$;

comment on function backup.finish_drill(uuid, integer, uuid, numeric, jsonb) is
  'Ends a drill with the verdict of its proof, as its last step. Errors: HF522, HF523, HF524.';
revoke all on function backup.finish_drill(uuid, integer, uuid, numeric, jsonb) from public;
