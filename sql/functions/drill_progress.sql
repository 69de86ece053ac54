-- requires: tables/drill_steps.sql
-- backup.drill_progress(p_drill_id)
--
-- Why: a worker that finds nothing to claim asks what to do: wait for a back-off, leave the rest to another, or stop.
create or replace function backup.drill_progress(
  p_drill_id uuid,
  out state text, out verdict backup.verdict, out steps_done integer, out steps_total integer, out kind text, out phase text,
  out held boolean, out next_claim_in interval, out failure_code text, out failure_message text)
language sql
stable
set search_path = ''
as $$
  select d.state, d.verdict, c.done, c.total, n.kind, n.phase,
         coalesce(n.state = 'claimed' and n.lease_until >= clock_timestamp(), false),
         -- Steps that never failed have not_before -infinity, from which older servers cannot subtract.
         case when n.state = 'pending' and n.not_before > clock_timestamp() then n.not_before - clock_timestamp() end,
         d.failure_code, d.failure_message
  from backup.drills d
  cross join lateral (select count(*) filter (where s.state = 'done')::integer as done, count(*)::integer as total
                      from backup.drill_steps s where s.drill_id = d.drill_id) c
  left join lateral (select * from backup.drill_steps s where s.drill_id = d.drill_id and s.state <> 'done'
                     order by s.step_no limit 1) n on true
  where d.drill_id = p_drill_id
$$;

comment on function backup.drill_progress(uuid) is
  'State of a drill, how many steps are done, which is next, whether somebody holds it and when its back-off ends. Nulls for an unknown drill.';
revoke all on function backup.drill_progress(uuid) from public;
