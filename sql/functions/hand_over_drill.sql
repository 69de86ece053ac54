-- requires: functions/dispatch.sql, tables/drills.sql
-- backup.hand_over_drill(p_drill_id)
--
-- Why: a function that has spent its budget asks the database for a fresh one. Only while the drill is active.
-- Returns whether one was dispatched.
create or replace function backup.hand_over_drill(p_drill_id uuid)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if not exists (select from backup.drills d where d.drill_id = p_drill_id and d.state = 'running' and d.engine = 'functions') then
    return false;
  end if;
  perform backup.dispatch('restore-drill', jsonb_build_object('action', 'work', 'drill_id', p_drill_id));
  return true;
end;
$$;

comment on function backup.hand_over_drill(uuid) is 'Dispatches a fresh worker for a drill; false when it has ended.';
revoke all on function backup.hand_over_drill(uuid) from public;
