-- requires: tables/runs.sql, tables/settings.sql, functions/fail_run.sql
-- backup.hold_snapshot(p_run_id)
--
-- Why: an exported snapshot lives as long as the transaction that exported it, and no function invocation lives long
-- enough. The id is published as application_name: visible to others at once although nothing is committed, and gone
-- the moment the session dies.
-- Must run in READ COMMITTED, so that each poll sees the newest state of the run. Holds back vacuum, hence the maximum age.
create or replace function backup.hold_snapshot(p_run_id text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_deadline timestamptz := clock_timestamp() + (select s.keeper_max_age from backup.settings s);
  v_began    timestamptz := clock_timestamp();
  v_state    backup.run_state;
begin
  perform set_config('application_name', format('holdfast:%s:%s', p_run_id, pg_export_snapshot()), false);
  loop
    -- Short naps at first, because small runs end within seconds; later a second is fine.
    perform pg_sleep(case when clock_timestamp() < v_began + interval '1 minute' then 0.1 else 1 end);
    select r.state into v_state from backup.runs r where r.run_id = p_run_id;
    exit when not found or v_state in ('complete', 'failed', 'expired');
    if clock_timestamp() > v_deadline then
      perform backup.fail_run(p_run_id, 'HF300', 'snapshot lost',
        'The keeper reached its maximum age, see backup.settings.keeper_max_age.');
      v_state := 'failed';
      exit;
    end if;
  end loop;
  perform set_config('application_name', 'holdfast', false);
  return coalesce(v_state::text, 'gone');
end;
$$;

comment on function backup.hold_snapshot(text) is
  'Holds one exported snapshot until the run ends or the keeper gets too old; returns the state of the run. Called by backup.keeper_command().';
revoke all on function backup.hold_snapshot(text) from public;
