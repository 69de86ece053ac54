-- backup.record_findings(verification id, check name, findings, duration)
--
-- Why: the one way a result enters the ledger, whoever found it: a function, a pg_cron job or the command.
-- The first report of a check wins; a late one of a process presumed dead is ignored.
create or replace function backup.record_findings(
  p_verification_id uuid,
  p_check_name      text,
  p_findings        jsonb,
  p_duration_ms     double precision
)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_state text;
begin
  select c.state into v_state
  from backup.verification_checks c
  where c.verification_id = p_verification_id and c.check_name = p_check_name
  for update;
  if not found then
    raise exception using errcode = 'HF006',
      message = format('verification %s has no check %I', p_verification_id, p_check_name),
      hint = 'List the checks of a verification with: select * from backup.verification_checks;';
  end if;
  if v_state = 'done' then
    return false;
  end if;

  -- A check without an answer would look like a check that found nothing wrong.
  if jsonb_array_length(p_findings) = 0 then
    p_findings := jsonb_build_array(jsonb_build_object(
      'subject', p_check_name, 'verdict', 'skipped', 'actual', 'there is nothing to check'));
  end if;

  insert into backup.verification_results
    (verification_id, check_name, subject, verdict, expected, actual, evidence, duration_ms)
  select p_verification_id, p_check_name, coalesce(f.value ->> 'subject', p_check_name),
         coalesce((f.value ->> 'verdict')::backup.verdict, 'inconclusive'),
         f.value ->> 'expected', f.value ->> 'actual',
         case when jsonb_typeof(f.value -> 'evidence') = 'object' then f.value -> 'evidence' else '{}' end,
         p_duration_ms
  from jsonb_array_elements(p_findings) with ordinality as f (value, position)
  order by f.position;

  update backup.verification_checks c
  set state = 'done', finished_at = clock_timestamp(), started_at = coalesce(c.started_at, clock_timestamp())
  where c.verification_id = p_verification_id and c.check_name = p_check_name;

  perform backup.close_verification(p_verification_id);
  return true;
end
$$;

comment on function backup.record_findings(uuid, text, jsonb, double precision) is
  'Stores the answers of one check, an array of {subject, verdict, expected, actual, evidence}, and closes the verification when it was the last. False: the check had already reported. Errors: HF006.';
revoke all on function backup.record_findings(uuid, text, jsonb, double precision) from public;
