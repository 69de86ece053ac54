-- requires: tables/drill_steps.sql
-- backup._drill_phase_seconds(p_drill_id)
--
-- Why: phases are worked on in steps by several invocations; their times add up.
create or replace function backup._drill_phase_seconds(p_drill_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(p.phase, round(p.seconds, 3) order by p.first_step), '{}')
  from (select s.phase, sum(s.seconds) as seconds, min(s.step_no) as first_step
        from backup.drill_steps s where s.drill_id = p_drill_id and s.state = 'done' group by s.phase) p
$$;

comment on function backup._drill_phase_seconds(uuid) is 'Seconds of finished steps per phase, as {"schema": 1.2, …}.';
revoke all on function backup._drill_phase_seconds(uuid) from public;
