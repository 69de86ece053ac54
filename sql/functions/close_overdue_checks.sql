-- requires: functions/record_findings.sql, functions/hand_over_check.sql, functions/request_report.sql, functions/unschedule.sql
-- backup.close_overdue_checks()
--
-- Why: a function can be killed and a database restarted in mid-check. The minute tick calls this, so that such a
-- verification ends as inconclusive and does not stay open for ever.
-- A check nobody works on any more gets ten minutes: more than the longest life of a function (400 s).
create or replace function backup.close_overdue_checks()
returns setof text
language plpgsql
set search_path = ''
as $$
declare
  v_check    record;
  v_settings backup.settings;
begin
  select * into v_settings from backup.settings;
  for v_check in
    select c.verification_id, c.check_name, c.state, c.job_name
    from backup.verification_checks c
    join backup.verifications v using (verification_id)
    where v.verdict is null and c.state <> 'done'
      and case c.state
        when 'background' then c.started_at < clock_timestamp() - v_settings.background_timeout - interval '10 minutes'
        when 'running'    then c.started_at < clock_timestamp() - v_settings.check_timeout - interval '10 minutes'
        when 'pending'    then v.started_at < clock_timestamp() - v_settings.check_timeout - interval '10 minutes'
          and not exists (
            select from backup.verification_checks o
            where o.verification_id = c.verification_id
              and greatest(o.started_at, o.finished_at) > clock_timestamp() - v_settings.check_timeout - interval '10 minutes')
        else false
      end
    order by v.started_at, c.check_name
    for update of c skip locked
  loop
    if v_check.state = 'pending' and v_check.check_name <> 'check_backup_objects' then
      -- Nothing is known against a check that was never started, and the database can still run it.
      perform backup.hand_over_check(v_check.verification_id, v_check.check_name);
      continue;
    end if;
    -- The job normally removed itself; one that never started must not start after its check is closed.
    perform backup.unschedule(v_check.job_name);
    perform backup.record_findings(v_check.verification_id, v_check.check_name, jsonb_build_array(jsonb_build_object(
      'subject', v_check.check_name, 'verdict', 'inconclusive', 'expected', 'an answer',
      'actual', case v_check.state
        when 'background' then 'its background job did not report'
        when 'running' then 'the process that ran it ended without reporting'
        else 'the verification ended before it was started' end,
      'evidence', jsonb_build_object('state', v_check.state))), null);
    perform backup.request_report(v_check.verification_id);
    return next v_check.check_name;
  end loop;
end
$$;

comment on function backup.close_overdue_checks() is
  'Closes as inconclusive the checks whose process or pg_cron job never reported, and returns their names; checks never started are handed to pg_cron instead. Called by the minute tick.';
revoke all on function backup.close_overdue_checks() from public;
