-- backup.start_verification(trigger)
--
-- Why: fixes at one moment which restore point is examined and which checks must answer, so that a check that never
-- reports is missed rather than forgotten.
create or replace function backup.start_verification(p_trigger text)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_verification_id uuid;
begin
  insert into backup.verifications (run_id, trigger)
  values (
    (select r.run_id from backup.runs r where r.state = 'complete' order by r.snapshot_at desc nulls last, r.run_id desc limit 1),
    p_trigger)
  returning verification_id into v_verification_id;

  insert into backup.verification_checks (verification_id, check_name)
  select v_verification_id, c.check_name
  from backup.verification_check_names() as c (check_name);

  return v_verification_id;
end
$$;

comment on function backup.start_verification(text) is
  'Opens a verification of the newest restore point with every check pending and returns its id. Trigger: schedule, http, cli or sql.';
revoke all on function backup.start_verification(text) from public;
