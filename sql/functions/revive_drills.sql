-- requires: functions/hand_over_drill.sql, functions/drill_progress.sql, tables/tickets.sql
-- backup.revive_drills()
--
-- Why: a worker that died leaves a lease that runs out, or a ticket nobody used. Each minute the active drill gets a
-- worker unless it has one, one was sent for a moment ago, or a back-off is still running.
-- Returns how many workers were dispatched.
create or replace function backup.revive_drills()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_drill record;
  v_count integer := 0;
begin
  for v_drill in
    select d.drill_id from backup.drills d cross join lateral backup.drill_progress(d.drill_id) p
    where d.state = 'running' and d.engine = 'functions' and not p.held and coalesce(p.next_claim_in, '0') <= interval '0'
      and not exists (select from backup.tickets t
                      where t.function_name = 'restore-drill' and t.body ->> 'drill_id' = d.drill_id::text
                        and t.issued_at > clock_timestamp() - interval '20 seconds')
  loop
    perform backup.hand_over_drill(v_drill.drill_id);
    v_count := v_count + 1;
  end loop;
  return v_count;
end;
$$;

comment on function backup.revive_drills() is 'Dispatches a worker for the active drill when nobody works on it; returns how many.';
revoke all on function backup.revive_drills() from public;
