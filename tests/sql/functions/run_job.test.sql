-- Tests sql/functions/run_job.sql
begin;
select plan(31);

-- arrange
delete from backup.runs;
delete from backup.tickets;
delete from backup.verifications;
delete from backup.job_runs;
delete from backup.job_states;
update backup.settings set functions_url = null, external_clock = true;

-- contract
select function_returns('backup', 'run_job', array['text'], 'jsonb', 'run_job() returns jsonb');
select isnt(obj_description('backup.run_job(text)'::regprocedure), null, 'run_job() has a comment');

-- behaviour
select is(backup.run_job('tick') ->> 'ended', '0', 'run_job() returns the result');
select is_empty('select from backup.job_runs', 'run_job() keeps no record of a tick that had nothing to do');
select results_eq('select job_name, succeeded, failed, last_success_at >= now(), last_failure_at, last_seconds > 0 from backup.job_states',
  $$ values ('tick', 1::bigint, 0::bigint, true, null::timestamptz, true) $$, 'run_job() knows that it ran all the same');
insert into backup.tickets (function_name, issued_at, expires_at) values ('f', now() - interval '2 days', now() - interval '1 day');
select is(backup.run_job('tick') ->> 'tickets_deleted', '1', 'run_job() runs the tick');
select results_eq('select job_name, status, result, error_code, error from backup.job_runs',
  $$ values ('tick', 'succeeded', '{"ended": 0, "dispatched": 0, "checks_closed": 0, "tickets_deleted": 1, "alerts": 0, "events": 0, "deliveries": 0}'::jsonb, null, null) $$, 'run_job() records a tick that did something');
select ok((select started_at >= now() and finished_at >= started_at from backup.job_runs), 'run_job() records how long it took');
select is(backup.run_job('export'), '{"ticket": true}', 'run_job() asks for an export');
select is(backup.run_job('verify'), '{"ticket": true}', 'run_job() asks for a verification');
select results_eq('select function_name, body from backup.tickets order by 1',
  $$ values ('export-backup', '{"action": "start", "trigger": "schedule"}'::jsonb), ('verify-backup', '{"trigger": "schedule"}') $$, 'run_job() leaves a ticket for each');
select is(backup.run_job('drill'), null, 'run_job() starts no drill where there is no restore point');
select results_eq($$ select status, error_code from backup.job_runs where job_name = 'drill' $$, $$ values ('failed', 'HF500') $$, 'run_job() records why');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now(), now(), 'p/1/manifest.json', 'x');
select is(backup.run_job('drill'), '{"ticket": true}', 'run_job() starts a drill');
select results_eq($$ select t.function_name, d.trigger from backup.tickets t join backup.drills d on t.body = jsonb_build_object('action', 'work', 'drill_id', d.drill_id) $$,
  $$ values ('restore-drill', 'schedule') $$, 'run_job() leaves a ticket for its worker');
select is(backup.run_job('retention'), '{"mode": "dry_run", "expire": 0}', 'run_job() runs retention');
insert into backup.job_runs (job_name, status, started_at, finished_at) values ('export', 'succeeded', now() - interval '1 year', now());
select is(backup.run_job('prune') ->> 'job_runs', '1', 'run_job() runs the clean-up');
alter table backup.tickets add constraint hf_test check (false) not valid;
select is(backup.run_job('export'), null, 'run_job() does not raise when a job fails');
select results_eq($$ select status, result, error_code from backup.job_runs where job_name = 'export' order by job_run_id desc limit 1 $$,
  $$ values ('failed', null::jsonb, '23514') $$, 'run_job() records the failure');
select matches((select error from backup.job_runs where status = 'failed' and job_name = 'export'), 'hf_test', 'run_job() records the message');
select results_eq($$ select succeeded, failed, last_success_at < last_failure_at from backup.job_states where job_name = 'export' $$, $$ values (1::bigint, 1::bigint, true) $$,
  'run_job() counts the failure and leaves the time of the last success');
select throws_ok($$ select backup.run_job('nonsense') $$, 'HF100', 'job ''nonsense'' does not exist', 'run_job() rejects an unknown job with HF100');
select throws_ok($$ select backup.run_job(null) $$, 'HF100', null, 'run_job() rejects no job with HF100');
select is((select count(*)::integer from backup.job_runs), 8, 'run_job() leaves one row for each job, and none for what it rejects');
select bag_eq('select job_name from backup.job_states', array['tick', 'export', 'verify', 'drill', 'retention', 'prune'], 'run_job() knows of no other job');
do $$ begin perform backup.run_job('tick'); end $$;
select is((select count(*)::integer from backup.job_runs where job_name = 'prune'), 1, 'run_job() does not clean up with each tick');
insert into backup.job_runs (job_name, status, finished_at, result) values ('prune', 'succeeded', now(), '{"more": true}');
do $$ begin perform backup.run_job('tick'); perform backup.run_job('tick'); end $$;
select results_eq($$ select result -> 'more' from backup.job_runs where job_name = 'prune' order by job_run_id desc limit 2 $$, $$ values ('false'::jsonb), ('true') $$,
  'run_job() goes on with a clean-up that left something, with the next tick, until nothing is left');
delete from backup.job_runs;
insert into backup.job_runs (job_name, status, started_at, finished_at) select 'export', 'succeeded', now() - interval '1 year', now() from generate_series(1, 502);
insert into backup.job_runs (job_name, status, finished_at) values ('export', 'succeeded', now());
insert into backup.job_runs (job_name, status, finished_at, result) values ('prune', 'succeeded', now(), '{"more": true}');
do $$ begin perform backup.run_job('tick'); end $$;
select results_eq($$ select result -> 'job_runs', result -> 'more' from backup.job_runs where job_name = 'prune' order by job_run_id desc limit 1 $$, $$ values ('500'::jsonb, 'true'::jsonb) $$,
  'run_job() deletes few rows within a tick');

-- permissions
select function_privs_are('backup', 'run_job', array['text'], 'anon', array[]::text[], 'anon may not execute run_job()');
select function_privs_are('backup', 'run_job', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute run_job()');
select function_privs_are('backup', 'run_job', array['text'], 'service_role', array[]::text[], 'service_role may not execute run_job()');

select * from finish();
rollback;
