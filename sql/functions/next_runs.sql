-- requires: functions/next_run.sql
-- backup.next_runs(p_schedule, p_count, p_after)
--
-- Why: how often a schedule runs, and whether another one contains it, shows in its next runs.
create or replace function backup.next_runs(p_schedule text, p_count integer, p_after timestamptz default now())
returns setof timestamptz
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_at timestamptz := p_after;
begin
  for v_count in 1 .. p_count loop
    v_at := backup.next_run(p_schedule, v_at);
    exit when v_at is null;
    return next v_at;
  end loop;
end
$$;

comment on function backup.next_runs(text, integer, timestamptz) is 'The next times at which a pg_cron schedule is due, in UTC; none when it is no schedule.';
revoke all on function backup.next_runs(text, integer, timestamptz) from public;
