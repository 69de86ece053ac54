-- requires: tables/drills.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup._drill_alert(p_drill_id)
--
-- Why: a backup that does not come back is what Holdfast exists to notice. Only a passed drill takes the alert back: one
-- that could not look has proven nothing.
create or replace function backup._drill_alert(p_drill_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_drill backup.drills;
begin
  select * into strict v_drill from backup.drills d where d.drill_id = p_drill_id;
  if v_drill.verdict = 'passed' then
    perform backup.resolve_alert('drill_failed');
  elsif v_drill.verdict is not null then
    perform backup.raise_alert('drill_failed',
      case when v_drill.verdict = 'failed' then 'critical' else 'warning' end,
      case when v_drill.state = 'failed'
           then format('Restore drill of %s failed: %s', v_drill.run_id, v_drill.failure_message)
           when v_drill.verdict = 'skipped'
           then format('Restore drill of %s was skipped: %s', v_drill.run_id, v_drill.proof ->> 'skipped')
           else format('Restore drill of %s: the proof is %s', v_drill.run_id, v_drill.verdict) end,
      jsonb_build_object('drill_id', v_drill.drill_id, 'run_id', v_drill.run_id, 'code', v_drill.failure_code,
                         'failed', v_drill.proof -> 'failed'));
  end if;
end;
$$;

comment on function backup._drill_alert(uuid) is 'Raises alert drill_failed for a drill that did not pass, resolves it after one that did.';
revoke all on function backup._drill_alert(uuid) from public;
