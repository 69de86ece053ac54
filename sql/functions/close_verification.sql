-- requires: functions/_primary_backups_alert.sql, functions/queue_heartbeat.sql
-- backup.close_verification(verification id)
--
-- Why: called after every result, so whichever process brings the last one closes the verification.
-- The row lock comes before the look at the checks: of two processes that finish at once, the second sees the first.
-- A key update lock would deadlock them: both hold a key share lock on the row since they inserted their results.
create or replace function backup.close_verification(p_verification_id uuid)
returns backup.verdict
language plpgsql
set search_path = ''
as $$
declare
  v_verification backup.verifications;
  v_verdict      backup.verdict;
  v_failed       text[];
  v_inconclusive text[];
begin
  select * into v_verification from backup.verifications v where v.verification_id = p_verification_id
  for no key update;
  if not found then
    raise exception using errcode = 'HF006', message = format('verification %s does not exist', p_verification_id),
      hint = 'List them with: select verification_id, started_at from backup.verifications order by started_at desc;';
  end if;
  if v_verification.verdict is not null then
    return v_verification.verdict;
  end if;
  if exists (select from backup.verification_checks c where c.verification_id = p_verification_id and c.state <> 'done') then
    return null;
  end if;

  -- Passed is what has to be shown: "everything was skipped" and "nobody said anything" have shown nothing.
  select case
           when bool_or(r.verdict = 'failed') then 'failed'::backup.verdict
           when bool_or(r.verdict = 'passed') and not bool_or(r.verdict = 'inconclusive') then 'passed'
           else 'inconclusive'
         end,
         array_agg(distinct r.check_name) filter (where r.verdict = 'failed'),
         array_agg(distinct r.check_name) filter (where r.verdict = 'inconclusive')
  into v_verdict, v_failed, v_inconclusive
  from backup.verification_results r
  where r.verification_id = p_verification_id;

  update backup.verifications v
  set verdict = v_verdict, finished_at = clock_timestamp()
  where v.verification_id = p_verification_id;

  if v_verdict = 'failed' then
    perform backup.raise_alert('verification_failed', 'critical',
      format('verification failed: %s', array_to_string(v_failed, ', ')),
      jsonb_build_object('verification_id', p_verification_id, 'run_id', v_verification.run_id, 'checks', to_jsonb(v_failed)));
  elsif v_verdict = 'passed' then
    perform backup.resolve_alert('verification_failed');
    if v_verification.trigger = 'schedule' then
      perform backup.queue_heartbeat('heartbeat_verify', p_verification_id::text);
    end if;
  end if;

  -- An inconclusive verification does not clear an earlier failure: it did not look.
  if v_verdict = 'inconclusive' then
    perform backup.raise_alert('verification_inconclusive', 'warning',
      format('verification could not be completed: %s', coalesce(array_to_string(v_inconclusive, ', '), 'every check was skipped')),
      jsonb_build_object('verification_id', p_verification_id, 'run_id', v_verification.run_id, 'checks', to_jsonb(v_inconclusive)));
  else
    perform backup.resolve_alert('verification_inconclusive');
  end if;
  perform backup._primary_backups_alert(p_verification_id);
  return v_verdict;
end
$$;

comment on function backup.close_verification(uuid) is
  'Gives a verification its verdict once every check has reported, raises or resolves its alerts, and returns the verdict; null while a check is open. Errors: HF006.';
revoke all on function backup.close_verification(uuid) from public;
