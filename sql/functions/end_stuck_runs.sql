-- requires: functions/fail_run.sql, functions/keeper_snapshot.sql, tables/settings.sql
-- backup.end_stuck_runs()
--
-- Why: a run whose keeper never came or has died cannot finish; saying so at once beats workers that find out one by one.
-- Returns the runs it ended.
create or replace function backup.end_stuck_runs()
returns setof text
language plpgsql
set search_path = ''
as $$
declare
  v_settings backup.settings;
  v_run      backup.runs;
  v_held     text;
begin
  select * into v_settings from backup.settings;
  for v_run in
    select * from backup.runs r where r.state in ('starting', 'exporting') for update skip locked
  loop
    -- After the lock: a look taken before could miss a keeper that published its snapshot in between.
    v_held := (select k.snapshot_id from backup.keeper_snapshot(v_run.run_id) k);
    if v_run.state = 'exporting' and v_held is distinct from v_run.snapshot_id then
      perform backup.fail_run(v_run.run_id, 'HF300', 'snapshot lost', 'The session that held the snapshot has ended.');
      return next v_run.run_id;
    elsif v_run.state = 'starting' and v_held is null
          and clock_timestamp() > v_run.requested_at + v_settings.keeper_start_timeout then
      perform backup.fail_run(v_run.run_id, 'HF005', 'keeper did not start',
        'No session took the snapshot within backup.settings.keeper_start_timeout. Is pg_cron running?');
      return next v_run.run_id;
    end if;
  end loop;
end;
$$;

comment on function backup.end_stuck_runs() is 'Fails active runs whose keeper has died or never came; returns their ids.';
revoke all on function backup.end_stuck_runs() from public;
