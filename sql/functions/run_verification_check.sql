-- backup.run_verification_check(verification id, check name)
--
-- Why: a check that throws must not take the verification with it, nor disappear. Its error becomes an inconclusive
-- finding. Only a cancelled statement passes through, because the caller then hands the check over to pg_cron.
-- The message of an error may quote a row, so only classes of errors that cannot are stored with their message.
create or replace function backup.run_verification_check(p_verification_id uuid, p_check_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_started  timestamptz := clock_timestamp();
  v_findings jsonb;
  v_message  text;
begin
  if p_check_name = 'check_backup_objects'
     or p_check_name not in (select n.check_name from backup.verification_check_names() as n (check_name)) then
    raise exception using errcode = 'HF006', message = format('check %I cannot be run in the database', p_check_name),
      hint = 'Choose one of: select backup.verification_check_names();';
  end if;

  begin
    execute format('select coalesce(jsonb_agg(to_jsonb(f)), ''[]'') from backup.%I() as f', p_check_name)
      into v_findings;
  exception when others then
    v_message := case
      when sqlstate ~ '^(HF|42)' then format('error %s: %s', sqlstate, sqlerrm)
      else format('error %s', sqlstate) end;
    v_findings := jsonb_build_array(jsonb_build_object(
      'subject', p_check_name, 'verdict', 'inconclusive',
      'expected', 'the check runs to its end', 'actual', v_message,
      'evidence', jsonb_build_object('sqlstate', sqlstate, 'repeat_with', format('select * from backup.%I();', p_check_name))));
  end;

  return backup.record_findings(p_verification_id, p_check_name, v_findings,
    extract(epoch from clock_timestamp() - v_started) * 1000);
end
$$;

comment on function backup.run_verification_check(uuid, text) is
  'Runs one SQL check of a verification and records its answers; an error becomes an inconclusive answer, a timeout (57014) is raised to the caller. False: it had already reported. Errors: HF006.';
revoke all on function backup.run_verification_check(uuid, text) from public;
