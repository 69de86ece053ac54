-- Tests sql/functions/prune_ledger.sql
begin;
select plan(12);

-- arrange
delete from backup.runs;
delete from backup.job_runs;
insert into backup.job_runs (job_name, status, started_at, finished_at)
select 'tick', 'succeeded', now() - a, now() from unnest(array['31 days', '29 days']::interval[]) a;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, finished_at, failure_code, failure_message, manifest_key, manifest_sha256) values
  ('20260101T000000Z-00000a', 'complete',  'daily', 'sql', 'cli', 'x/', now() - interval '90 days', now() - interval '90 days', null, null, 'k', 's'),
  ('20260201T000000Z-00000a', 'complete',  'daily', 'sql', 'cli', 'x/', now() - interval '60 days', now() - interval '60 days', null, null, 'k', 's'),
  ('20260202T000000Z-00000a', 'failed',    'daily', 'sql', 'cli', 'x/', now() - interval '59 days', now() - interval '59 days', 'HF300', 'x', null, null),
  ('20260203T000000Z-00000a', 'failed',    'daily', 'sql', 'cli', 'x/', now() - interval '29 days', now() - interval '29 days', 'HF300', 'x', null, null),
  ('20260204T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', now() - interval '58 days', null, null, null, null, null);
insert into backup.chunks (run_id, chunk_no, kind) select run_id, n, 'globals' from backup.runs, generate_series(1, 2) n;

delete from backup.alert_deliveries;
insert into backup.alert_deliveries (event, cause, channel, state, content, queued_at, finished_at)
select 'heartbeat', c, 'heartbeat_export', 'sent', '{}', now() - a, now() - a
from (values ('a', interval '100 days'), ('a', interval '95 days'), ('b', interval '100 days'), ('c', interval '89 days'), ('c', interval '1 day')) as d (c, a);

-- contract
select function_returns('backup', 'prune_ledger', array[]::text[], 'jsonb', 'prune_ledger() returns jsonb');
select isnt(obj_description('backup.prune_ledger()'::regprocedure), null, 'prune_ledger() has a comment');

-- behaviour
select is(backup.prune_ledger() - 'cron_details', '{"job_runs": 1, "chunks": 4, "deliveries": 1}', 'prune_ledger() returns how much it deleted');
select results_eq('select started_at from backup.job_runs', $$ values (now() - interval '29 days') $$, 'prune_ledger() keeps records of jobs for 30 days');
select results_eq('select distinct run_id from backup.chunks order by 1', array['20260201T000000Z-00000a', '20260203T000000Z-00000a', '20260204T000000Z-00000a'],
  'prune_ledger() keeps the chunks of the newest good run, of recent runs and of active ones');
select results_eq('select cause, (extract(epoch from now() - queued_at) / 86400)::integer from backup.alert_deliveries order by 1, 2 desc',
  $$ values ('a', 95), ('b', 100), ('c', 89), ('c', 1) $$, 'prune_ledger() keeps deliveries for 90 days, and the last of each cause');
select is((select count(*)::integer from backup.runs), 5, 'prune_ledger() keeps every run');
select is(backup.prune_ledger() ? 'cron_details', true, 'prune_ledger() clears the history of pg_cron as well');
select is(backup.prune_ledger(), '{"job_runs": 0, "chunks": 0, "deliveries": 0, "cron_details": 0}', 'prune_ledger() then has nothing to do');

-- permissions
select function_privs_are('backup', 'prune_ledger', array[]::text[], 'anon', array[]::text[], 'anon may not execute prune_ledger()');
select function_privs_are('backup', 'prune_ledger', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute prune_ledger()');
select function_privs_are('backup', 'prune_ledger', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute prune_ledger()');

select * from finish();
rollback;
