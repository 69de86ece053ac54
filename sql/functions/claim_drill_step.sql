-- requires: tables/drill_steps.sql, tables/settings.sql, functions/fail_drill.sql
-- backup.claim_drill_step(p_drill_id, p_invocation, p_fresh)
--
-- Why: a restore is one sequence, so only the earliest unfinished step is handed out, and to nobody while somebody holds
-- it. Steps that need an invocation of their own (alone) go only to one that has done nothing yet. A step whose lease ran
-- out may be claimed again until its attempts are spent: then the drill fails with the last error.
-- The lease is short, as a worker that lives renews it: one that was killed is replaced within two minutes.
-- Locks: the drill, so that claims, reports and the end of a drill follow one another.
-- Returns no row when there is nothing to do now: see backup.drill_progress() for why.
create or replace function backup.claim_drill_step(p_drill_id uuid, p_invocation text, p_fresh boolean default true)
returns table (step_no integer, kind text, phase text, alone boolean, payload jsonb, claim_id uuid, attempt integer)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_settings backup.settings;
  v_step     backup.drill_steps;
begin
  perform from backup.drills d where d.drill_id = p_drill_id and d.state = 'running' for no key update;
  if not found then
    return;
  end if;
  select * into v_settings from backup.settings;
  select * into v_step from backup.drill_steps s
  where s.drill_id = p_drill_id and s.state <> 'done' order by s.step_no limit 1;
  if not found
     or (v_step.state = 'claimed' and v_step.lease_until >= clock_timestamp())
     or (v_step.state = 'pending' and v_step.not_before > clock_timestamp())
     or (v_step.alone and not p_fresh) then
    return;
  end if;
  if v_step.attempts >= v_settings.max_attempts then
    perform backup.fail_drill(p_drill_id, coalesce(v_step.error_code, 'HF520'),
      coalesce(v_step.error_message, format('step %s (%s) was given up by %s workers', v_step.step_no, v_step.kind, v_step.attempts)));
    return;
  end if;
  return query
    update backup.drill_steps s
       set state = 'claimed', claim_id = gen_random_uuid(), invocation = p_invocation, attempts = s.attempts + 1,
           lease_until = clock_timestamp() + make_interval(secs => least(v_settings.lease_seconds, 45))
     where s.drill_id = p_drill_id and s.step_no = v_step.step_no
    returning s.step_no, s.kind, s.phase, s.alone, s.payload, s.claim_id, s.attempts;
end;
$$;

comment on function backup.claim_drill_step(uuid, text, boolean) is
  'Hands the next step of a drill to a worker under a lease. No row: nothing to do now. Fails the drill when the step''s attempts are spent.';
revoke all on function backup.claim_drill_step(uuid, text, boolean) from public;
