-- requires: functions/run_verification_check.sql, functions/record_findings.sql, functions/request_report.sql
-- backup.run_background_check(verification id, check name)
--
-- Why: what the pg_cron job of a handed-over check runs. Nobody is left to hand it to after this, so here a timeout is
-- an answer: inconclusive.
create or replace function backup.run_background_check(p_verification_id uuid, p_check_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_started  timestamptz := clock_timestamp();
  v_recorded boolean;
begin
  begin
    v_recorded := backup.run_verification_check(p_verification_id, p_check_name);
  exception when query_canceled then
    v_recorded := backup.record_findings(p_verification_id, p_check_name, jsonb_build_array(jsonb_build_object(
    'subject', p_check_name, 'verdict', 'inconclusive',
    'expected', format('an answer within %s', (select s.background_timeout from backup.settings s)),
    'actual', 'the check was cancelled or ran longer',
    'evidence', jsonb_build_object('sqlstate', sqlstate,
      'raise_the_limit_with', 'update backup.settings set background_timeout = ''8 hours'' where id;'))),
    extract(epoch from clock_timestamp() - v_started) * 1000);
  end;
  perform backup.request_report(p_verification_id);
  return v_recorded;
end
$$;

comment on function backup.run_background_check(uuid, text) is
  'Runs a handed-over check inside its pg_cron job; a timeout is recorded as inconclusive. Errors: HF006.';
revoke all on function backup.run_background_check(uuid, text) from public;
