-- requires: tables/drills.sql, functions/_drill_alert.sql, functions/_drill_phase_seconds.sql
-- backup.skip_drill(p_drill_id, p_reason)
--
-- Why: a drill that functions are too small for says nothing about the backup. It is neither passed nor failed, and a person
-- has to hear that it did not take place.
-- Returns whether this call was the one that ended the drill.
create or replace function backup.skip_drill(p_drill_id uuid, p_reason text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update backup.drills d
     set state = 'complete', verdict = 'skipped', finished_at = clock_timestamp(),
         proof = jsonb_build_object('skipped', p_reason), phase_seconds = backup._drill_phase_seconds(d.drill_id)
   where d.drill_id = p_drill_id and d.state = 'running';
  if not found then
    return false;
  end if;
  perform backup._drill_alert(p_drill_id);
  return true;
end;
$$;

comment on function backup.skip_drill(uuid, text) is
  'Ends an active drill that cannot be carried out here, with the reason, and raises a warning. False when it had already ended.';
revoke all on function backup.skip_drill(uuid, text) from public;
