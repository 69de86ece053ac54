-- requires: tables/drills.sql, functions/_drill_alert.sql, functions/_drill_phase_seconds.sql
-- backup.fail_drill(p_drill_id, p_code, p_message)
--
-- Why: a drill fails once, with the first reason; what comes later is a consequence and must not hide it. The scratch
-- database is dropped by the worker that gets this answer, or by the reaper.
-- Returns whether this call was the one that ended the drill.
create or replace function backup.fail_drill(p_drill_id uuid, p_code text, p_message text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update backup.drills d
     set state = 'failed', verdict = 'failed', finished_at = clock_timestamp(), failure_code = p_code,
         failure_message = p_message, phase_seconds = backup._drill_phase_seconds(d.drill_id)
   where d.drill_id = p_drill_id and d.state = 'running';
  if not found then
    return false;
  end if;
  perform backup._drill_alert(p_drill_id);
  return true;
end;
$$;

comment on function backup.fail_drill(uuid, text, text) is
  'Ends an active drill as failed with a code of docs/errors.md or a SQLSTATE and raises the alert. False when it had already ended.';
revoke all on function backup.fail_drill(uuid, text, text) from public;
