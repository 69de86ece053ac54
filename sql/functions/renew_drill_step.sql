-- requires: functions/_held_drill_step.sql, tables/settings.sql
-- backup.renew_drill_step(p_drill_id, p_step_no, p_claim_id)
--
-- Why: an index on a large table takes longer than a lease. A worker that lives says so, and the lease of one that died
-- still runs out soon. Returns the new end of the lease. Errors: HF522, HF523.
create or replace function backup.renew_drill_step(p_drill_id uuid, p_step_no integer, p_claim_id uuid)
returns timestamptz
language plpgsql
set search_path = ''
as $$
declare
  v_until timestamptz;
begin
  perform backup._held_drill_step(p_drill_id, p_step_no, p_claim_id);
  update backup.drill_steps s
     set lease_until = clock_timestamp() + make_interval(secs => (select least(c.lease_seconds, 45) from backup.settings c))
   where s.drill_id = p_drill_id and s.step_no = p_step_no
  returning s.lease_until into v_until;
  return v_until;
end;
$$;

comment on function backup.renew_drill_step(uuid, integer, uuid) is 'Extends the lease of a step that takes long. Errors: HF522, HF523.';
revoke all on function backup.renew_drill_step(uuid, integer, uuid) from public;
