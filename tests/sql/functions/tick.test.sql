-- Tests sql/functions/tick.sql
begin;
select plan(30);

-- arrange
delete from backup.runs;
delete from backup.tickets;
delete from backup.verifications;
delete from backup.alerts;
delete from backup.alert_deliveries;
update backup.settings set external_clock = true, drill_timeout = '1 hour';

-- contract
select function_returns('backup', 'tick', array[]::text[], 'jsonb', 'tick() returns jsonb');
select isnt(obj_description('backup.tick()'::regprocedure), null, 'tick() has a comment');

-- behaviour
select is(backup.tick(), '{"ended": 0, "dispatched": 0, "checks_closed": 0, "tickets_deleted": 0, "alerts": 0, "events": 0, "deliveries": 0}', 'tick() finds nothing to do in a quiet project');
insert into backup.tickets (function_name, issued_at, expires_at)
select 'export-backup', now() - interval '1 day', now() - a from unnest(array['61 minutes', '59 minutes', '-1 minutes']::interval[]) a;
select is(backup.tick() -> 'tickets_deleted', '1', 'tick() deletes tickets an hour after they expired');
select is((select min(expires_at) from backup.tickets), now() - interval '59 minutes', 'tick() keeps younger tickets');
insert into backup.runs (run_id, tier, trigger, engine, object_prefix, requested_at) values ('20260101T000000Z-00000a', 'daily', 'sql', 'functions', 'x/', now() - interval '1 day');
select is(backup.tick(), '{"ended": 1, "dispatched": 0, "checks_closed": 0, "tickets_deleted": 0, "alerts": 0, "events": 1, "deliveries": 1}',
  'tick() ends a run whose keeper never came, sends it no worker, and has its alert told');
select results_eq('select state::text, failure_code from backup.runs', $$ values ('failed', 'HF005') $$, 'tick() records why');
insert into backup.runs (run_id, tier, trigger, engine, object_prefix, keeper_pid) values ('20260102T000000Z-00000a', 'daily', 'sql', 'functions', 'x/', pg_backend_pid());
select is(backup.tick() -> 'dispatched', '1', 'tick() sends a worker to a run that has none');
select is(backup.tick() -> 'dispatched', '0', 'tick() gives that worker time to begin');
insert into backup.verifications (verification_id, trigger, started_at) values ('00000000-0000-0000-0000-00000000000a', 'sql', now() - interval '1 day');
insert into backup.verification_checks (verification_id, check_name, state, started_at)
values ('00000000-0000-0000-0000-00000000000a', 'check_sequences', 'running', now() - interval '1 day');
select is(backup.tick() -> 'checks_closed', '1', 'tick() closes a check that never reported');
select is((select verdict::text from backup.verifications where verification_id = '00000000-0000-0000-0000-00000000000a'), 'inconclusive', 'tick() lets its verification end');

delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260103T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now(), now(), 'p/1/manifest.json', 'x');
select isnt(backup.start_drill('sql'), null, 'tick() meets a drill');
select is(backup.tick() -> 'dispatched', '1', 'tick() sends a worker to a drill that has none');
update backup.drills set started_at = now() - interval '2 hours';
select is(backup.tick() -> 'ended', '1', 'tick() ends a drill that takes too long');

-- alerts
update backup.settings set ledger_max_bytes = 1;
select is(backup.tick() -> 'alerts', '1', 'tick() raises alerts');
create or replace function backup.alert_causes(p_now timestamptz default now())
returns table (cause text, present boolean, severity text, message text, details jsonb) language sql stable set search_path = ''
as $$ select 'x', true, 'warning', (1 / 0)::text, '{}'::jsonb $$;
insert into backup.tickets (function_name, issued_at, expires_at) values ('export-backup', now() - interval '1 day', now() - interval '2 hours');
select is(backup.tick() - 'dispatched' - 'events' - 'deliveries', '{"ended": 0, "checks_closed": 0, "tickets_deleted": 1, "alerts": 1}', 'tick() does its other work although alerts cannot be judged');
select results_eq($$ select severity, message, details from backup.alerts where cause = 'alerts_unjudged' and resolved_at is null $$,
  $$ values ('critical', 'the causes of alerts cannot be judged: division by zero', '{"code": "22012"}'::jsonb) $$, 'tick() alarms when alerts cannot be judged');
create or replace function backup.alert_causes(p_now timestamptz default now())
returns table (cause text, present boolean, severity text, message text, details jsonb) language sql stable set search_path = ''
as $$ select 'x', false, 'warning', 'x', '{}'::jsonb $$;
select is(backup.tick() -> 'alerts', '1', 'tick() resolves that alert once they can');

-- deliveries
select is((select array_agg(event order by delivery_id) from backup.alert_deliveries where cause = 'alerts_unjudged'), '{raised,resolved}', 'tick() has it told that alerts cannot be judged');
alter table backup.alert_deliveries rename to hidden;
select is(backup.tick() - 'dispatched' - 'checks_closed' - 'errors', '{"ended": 0, "tickets_deleted": 0, "alerts": 1, "events": 0, "deliveries": 0}', 'tick() does its other work although nothing can be queued');
select results_eq($$ select severity from backup.alerts where cause = 'alerts_unqueued' and resolved_at is null $$, array['critical'], 'tick() alarms when nothing can be queued');
alter table backup.hidden rename to alert_deliveries;
do $$ begin perform backup.tick(); end $$;
select is_empty($$ select from backup.alerts where cause = 'alerts_unqueued' and resolved_at is null $$, 'tick() resolves that alert once it can');

-- steps that raise
create function backup.hf_test_raise() returns integer language plpgsql set search_path = '' as $$ begin raise exception 'broken'; end $$;
create or replace function backup.end_stuck_runs() returns setof text language sql set search_path = '' as $$ select backup.hf_test_raise()::text $$;
create or replace function backup.dispatch_deliveries(p_now timestamptz default clock_timestamp()) returns integer language sql set search_path = '' as $$ select backup.hf_test_raise() $$;
insert into backup.tickets (function_name, issued_at, expires_at) values ('export-backup', now() - interval '1 day', now() - interval '2 hours');
do $$ begin perform backup.raise_alert('new', 'critical', 'm'); end $$;
create temp table broken as select backup.tick() as result;
select is((select result -> 'errors' from broken), '[{"step": "end_stuck_runs", "code": "P0001", "error": "broken"}, {"step": "dispatch_deliveries", "code": "P0001", "error": "broken"}]', 'tick() returns the error of each step that raises');
select is((select result -> 'tickets_deleted' from broken), '1', 'tick() does its other work although a step raises');
select is((select array_agg(event) from backup.alert_deliveries where cause = 'new'), '{raised}', 'tick() queues alerts although steps before and after it raise');
select is(backup.run_job('tick') ? 'errors', true, 'tick() returns its errors through run_job()');
select results_eq($$ select status, error_code, error from backup.job_runs where job_name = 'tick' order by job_run_id desc limit 1 $$, $$ values ('failed', 'P0001', 'end_stuck_runs: broken') $$,
  'tick() is a failed job when a step raises');

-- permissions
select function_privs_are('backup', 'tick', array[]::text[], 'anon', array[]::text[], 'anon may not execute tick()');
select function_privs_are('backup', 'tick', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute tick()');
select function_privs_are('backup', 'tick', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute tick()');

select * from finish();
rollback;
