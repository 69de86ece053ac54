-- requires: functions/dispatch.sql, tables/verifications.sql
-- backup.request_report(verification id)
--
-- Why: reports are written by the verify-backup function. When the last answer comes from a pg_cron job, nobody is there
-- to write one, so a ticket asks for it. Without a report the answers are complete all the same; readers format them then.
create or replace function backup.request_report(p_verification_id uuid)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if not exists (
    select from backup.verifications v
    where v.verification_id = p_verification_id and v.verdict is not null and v.report is null) then
    return false;
  end if;
  perform backup.dispatch('verify-backup', jsonb_build_object('verification_id', p_verification_id));
  return true;
exception when others then
  -- A report is a convenience here: an answer just recorded must not be rolled back for it.
  raise warning 'report of verification % was not requested: error %', p_verification_id, sqlstate;
  return false;
end
$$;

comment on function backup.request_report(uuid) is
  'Asks verify-backup to write the report of a finished verification that has none; true when it did.';
revoke all on function backup.request_report(uuid) from public;
