-- Tests sql/functions/end_stuck_runs.sql
begin;
select plan(17);

-- arrange
delete from backup.runs;
delete from backup.alerts;
update backup.settings set keeper_start_timeout = '4 minutes';
create function pg_temp.a_run(p_state backup.run_state, p_age interval) returns void language sql as $$
  delete from backup.runs;
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, keeper_pid, keeper_backend_start, snapshot_id)
  select '20260101T000000Z-00000a', p_state, 'daily', 'sql', 'cli', 'x/', now() - p_age, a.pid, a.backend_start, case p_state when 'exporting' then '00000003-00000001-1' end
  from pg_stat_activity a where a.pid = pg_backend_pid() $$;
-- This session keeps the run while its name says so.
create function pg_temp.keep(p_name text) returns void language plpgsql as $$
begin
  perform set_config('application_name', p_name, true);
  perform pg_stat_clear_snapshot();
end $$;

-- contract
select function_returns('backup', 'end_stuck_runs', array[]::text[], 'setof text', 'end_stuck_runs() returns setof text');
select isnt(obj_description('backup.end_stuck_runs()'::regprocedure), null, 'end_stuck_runs() has a comment');

-- behaviour
select is_empty('select backup.end_stuck_runs()', 'end_stuck_runs() has nothing to do without runs');
select pg_temp.a_run('exporting', '0');
select pg_temp.keep('holdfast:20260101T000000Z-00000a:00000003-00000001-1');
select is_empty('select backup.end_stuck_runs()', 'end_stuck_runs() leaves a run whose keeper holds the snapshot');
select pg_temp.keep('holdfast:20260101T000000Z-00000a:00000003-00000002-1');
select results_eq('select backup.end_stuck_runs()', array['20260101T000000Z-00000a'], 'end_stuck_runs() ends a run whose keeper holds another snapshot');
select results_eq('select state::text, failure_code, failure_message from backup.runs', $$ values ('failed', 'HF300', 'snapshot lost') $$, 'end_stuck_runs() records HF300');
select results_eq('select cause, severity, message from backup.alerts', $$ values ('export_failed', 'critical', 'export failed: HF300 snapshot lost') $$, 'end_stuck_runs() raises an alert');
select is_empty('select backup.end_stuck_runs()', 'end_stuck_runs() leaves a run that has ended alone');
select pg_temp.a_run('exporting', '0');
select pg_temp.keep('holdfast');
select results_eq('select backup.end_stuck_runs()', array['20260101T000000Z-00000a'], 'end_stuck_runs() ends a run whose keeper is gone');
select pg_temp.a_run('starting', '3 minutes 50 seconds');
select is_empty('select backup.end_stuck_runs()', 'end_stuck_runs() waits for a keeper');
select pg_temp.a_run('starting', '4 minutes 1 second');
select pg_temp.keep('holdfast:20260101T000000Z-00000a:00000003-00000001-1');
select is_empty('select backup.end_stuck_runs()', 'end_stuck_runs() leaves a run whose keeper came late');
select pg_temp.keep('holdfast');
select results_eq('select backup.end_stuck_runs()', array['20260101T000000Z-00000a'], 'end_stuck_runs() ends a run whose keeper did not come in time');
select results_eq('select state::text, failure_code, failure_message from backup.runs', $$ values ('failed', 'HF005', 'keeper did not start') $$, 'end_stuck_runs() records HF005');
select matches((select message from backup.alerts), 'HF005 keeper did not start', 'end_stuck_runs() raises it also for a keeper that did not come');

-- permissions
select function_privs_are('backup', 'end_stuck_runs', array[]::text[], 'anon', array[]::text[], 'anon may not execute end_stuck_runs()');
select function_privs_are('backup', 'end_stuck_runs', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute end_stuck_runs()');
select function_privs_are('backup', 'end_stuck_runs', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute end_stuck_runs()');

select * from finish();
rollback;
