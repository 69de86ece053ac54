-- Tests sql/views/metrics.sql; its values are compared with the ledger in tests/functions/_shared/metrics/read_metrics.test.ts
begin;
select plan(14);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.job_states;
update backup.policies set enabled = provider <> 'aws_s3';
create function pg_temp.value(p_name text, p_labels jsonb default '{}') returns double precision language sql as $$
  select value from backup.metrics where name = 'holdfast_' || p_name and labels = p_labels $$;

select is_empty($$ select name from backup.metrics where name ~ 'last_|newest_|keeper_|progress|alert_|(rpo|rto|expected)_seconds$' $$, 'metrics have no row for what never happened');
select results_eq($$ select labels ->> 'operation', value from backup.metrics where name = 'holdfast_never_succeeded' order by 1 $$,
  $$ values ('drill', 1::double precision), ('export', 1), ('verification', 1) $$, 'metrics say that there was no success');
select results_eq($$ select pg_temp.value('restore_points'), pg_temp.value('health', '{"holdfast_health": "never_ran"}'), pg_temp.value('health', '{"holdfast_health": "healthy"}') $$,
  $$ values (0::double precision, 1::double precision, 0::double precision) $$, 'metrics say that there is no restore point');
select is_empty('select name, labels from backup.metrics group by 1, 2 having count(*) > 1', 'metrics have one row for each set of labels');
select is_empty($$ select name from backup.metrics cross join jsonb_each(labels) l where jsonb_typeof(l.value) <> 'string' $$, 'metrics have labels of text');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T000000Z-aaaaaa', 'expired', 'weekly', 'sql', 'cli', 'p/1/', now() - interval '3 days', now() - interval '3 days', now() - interval '2 days', 'k', 'x');
select results_eq($$ select pg_temp.value('never_succeeded', '{"operation": "export"}'), pg_temp.value('last_success_timestamp_seconds', '{"operation": "export"}'), pg_temp.value('restore_points') $$,
  $$ values (0::double precision, extract(epoch from now() - interval '2 days')::double precision, 0::double precision) $$, 'metrics remember the success of a run that retention has deleted');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message) values ('20260102T000000Z-bbbbbb', 'failed', 'daily', 'http', 'functions', 'q/', now(), 'HF300', 'snapshot lost');
select results_eq($$ select pg_temp.value('last_success_timestamp_seconds', '{"operation": "export"}'), pg_temp.value('last_failure_timestamp_seconds', '{"operation": "export"}') $$,
  $$ values (extract(epoch from now() - interval '2 days')::double precision, extract(epoch from now())::double precision) $$, 'metrics leave the time of the last success as it is when a run fails');

-- contract and permissions
select isnt(obj_description('backup.metrics'::regclass), null, 'metrics has a comment');
select is((select count(*)::integer from pg_attribute a where a.attrelid = 'backup.metrics'::regclass and a.attnum > 0 and col_description(a.attrelid, a.attnum) is null), 0, 'metrics has a comment on each column');
select ok((select 'security_invoker=true' = any (reloptions) from pg_class where oid = 'backup.metrics'::regclass), 'metrics runs as its reader');
select table_privs_are('backup', 'metrics', 'anon', '{}'::text[], 'metrics is closed to anon');
select table_privs_are('backup', 'metrics', 'authenticated', '{}'::text[], 'metrics is closed to authenticated');
select table_privs_are('backup', 'metrics', 'service_role', array['SELECT'], 'metrics can be read by service_role');
set local role service_role;
select ok((select count(*) > 30 from backup.metrics), 'metrics can be read by service_role, tables behind it included');
reset role;

select * from finish();
rollback;
