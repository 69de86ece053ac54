-- backup.claim_verification_check(verification id)
--
-- Why: committed before the check runs, so that a process that dies leaves a trace that backup.close_overdue_checks()
-- finds, and so that two processes continuing one verification never run the same check twice.
create or replace function backup.claim_verification_check(p_verification_id uuid)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_check_name text;
begin
  if not exists (select from backup.verifications v where v.verification_id = p_verification_id) then
    raise exception using errcode = 'HF006', message = format('verification %s does not exist', p_verification_id),
      hint = 'List them with: select verification_id, started_at from backup.verifications order by started_at desc;';
  end if;

  update backup.verification_checks c
  set state = 'running', started_at = clock_timestamp()
  where (c.verification_id, c.check_name) = (
    select p.verification_id, p.check_name
    from backup.verification_checks p
    join backup.verification_check_names() with ordinality as n (check_name, position) on n.check_name = p.check_name
    where p.verification_id = p_verification_id and p.state = 'pending'
    order by n.position
    limit 1
    for update of p skip locked)
  returning c.check_name into v_check_name;

  return v_check_name;
end
$$;

comment on function backup.claim_verification_check(uuid) is
  'Marks the next pending check of a verification as running and returns its name; null when none is left. Errors: HF006.';
revoke all on function backup.claim_verification_check(uuid) from public;
