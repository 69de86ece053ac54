-- requires: tables/drills.sql, tables/settings.sql, functions/fail_drill.sql
-- backup.end_stuck_drills()
--
-- Why: a drill that never ends holds a copy of the database on disk and keeps the next one from starting.
-- Returns the drills it ended.
create or replace function backup.end_stuck_drills()
returns setof uuid
language plpgsql
set search_path = ''
as $$
declare
  v_drill record;
begin
  for v_drill in
    select d.drill_id, s.drill_timeout from backup.drills d cross join backup.settings s
    where d.state = 'running' and d.engine = 'functions' and d.started_at < clock_timestamp() - s.drill_timeout
    for update of d skip locked
  loop
    perform backup.fail_drill(v_drill.drill_id, 'HF521', format('drill has not ended within %s', v_drill.drill_timeout));
    return next v_drill.drill_id;
  end loop;
end;
$$;

comment on function backup.end_stuck_drills() is 'Fails active drills that take longer than backup.settings.drill_timeout; returns their ids.';
revoke all on function backup.end_stuck_drills() from public;
