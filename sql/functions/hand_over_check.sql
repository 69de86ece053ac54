-- requires: functions/schedule_once.sql, functions/record_findings.sql
-- backup.hand_over_check(verification id, check name)
--
-- Why: an Edge Function lives for minutes; a check of a large table may need hours. pg_cron runs it inside the
-- database. The job removes itself and commits before it starts to work, so a crash cannot make it run twice.
-- pg_cron closes its connection to a job that is no longer scheduled. The server goes on regardless, unless it has to send
-- something in between; hence no notices.
create or replace function backup.hand_over_check(p_verification_id uuid, p_check_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  -- pg_cron 1.4 cuts names at 63 bytes; this one has 48 at most, and 60 bits of the id.
  v_job_name text := format('holdfast-%s-%s', p_check_name, left(p_verification_id::text, 18));
  v_reason   text := 'pg_cron is not installed to run it in the background';
begin
  update backup.verification_checks c
  set state = 'background', job_name = v_job_name, started_at = clock_timestamp()
  where c.verification_id = p_verification_id and c.check_name = p_check_name and c.state in ('pending', 'running');
  if not found then
    return false;
  end if;

  begin
    if backup.schedule_once(v_job_name, format(
        'begin; select cron.unschedule(%1$L); commit; '
        'begin; set local statement_timeout = %2$L; set local client_min_messages = ''error''; set local search_path = ''''; '
        'select backup.run_background_check(%3$L, %4$L); commit;',
        v_job_name,
        (select (extract(epoch from s.background_timeout) * 1000)::bigint from backup.settings s),
        p_verification_id, p_check_name)) then
      return true;
    end if;
  exception when others then
    v_reason := format('pg_cron refused the job: error %s: %s', sqlstate, sqlerrm);
  end;

  perform backup.record_findings(p_verification_id, p_check_name, jsonb_build_array(jsonb_build_object(
    'subject', p_check_name, 'verdict', 'inconclusive', 'expected', 'an answer',
    'actual', 'there was not enough time for it here, and ' || v_reason,
    'evidence', jsonb_build_object('repeat_with', format('select * from backup.%I();', p_check_name)))), null);
  return false;
end
$$;

comment on function backup.hand_over_check(uuid, text) is
  'Schedules a one-off pg_cron job that runs a check without the limits of a function; true when it will. Without pg_cron the check becomes inconclusive with the reason.';
revoke all on function backup.hand_over_check(uuid, text) from public;
