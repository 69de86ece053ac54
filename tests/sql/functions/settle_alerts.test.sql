-- Tests sql/functions/settle_alerts.sql
begin;
select plan(15);

-- arrange: an empty ledger, whatever the database has been through, and a weekly backup that was never made
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.job_runs;
update backup.policies set enabled = (name = 'secondary_weekly') where provider = 'aws_s3';
update backup.policies set scheduled_since = '2026-01-01 12:00Z', schedule = '0 1 * * 0' where name = 'secondary_weekly';
update backup.policies set scheduled_since = '2026-01-01 12:00Z' where name = 'secondary_weekly';

-- contract
select function_returns('backup', 'settle_alerts', array['timestamp with time zone'], 'integer', 'settle_alerts() returns a number');
select isnt(obj_description('backup.settle_alerts(timestamptz)'::regprocedure), null, 'settle_alerts() has a comment');

-- raise
select is(backup.settle_alerts('2026-01-04 02:00Z'), 0, 'settle_alerts() does nothing while all is well');
select is(backup.settle_alerts('2026-01-04 03:01Z'), 1, 'settle_alerts() opens an alert');
select results_eq('select cause, severity, occurrences, details ->> ''due'' from backup.alerts',
  $$ values ('missed_run', 'critical', 1, to_jsonb('2026-01-04 01:00Z'::timestamptz) #>> '{}') $$, 'settle_alerts() raises what alert_causes() tells');

-- dedupe
update backup.alerts set last_seen = '2026-01-04Z', severity = 'warning', message = 'older words', details = '{}';
select is(backup.settle_alerts('2026-01-04 03:02Z'), 0, 'settle_alerts() raises it once');
select results_eq($$ select count(*), min(occurrences), bool_and(last_seen > now() - interval '1 hour') from backup.alerts $$, $$ values (1::bigint, 1, true) $$,
  'settle_alerts() only moves last_seen of a condition that lasts');
select results_eq($$ select severity, message like 'no export has succeeded since%', details ? 'due' from backup.alerts $$, $$ values ('critical', true, true) $$,
  'settle_alerts() keeps its words current');

-- resolve
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260104T010000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', '2026-01-04 03:30Z', '2026-01-04 03:31Z', 'p/1/manifest.json', 'x');
insert into backup.alerts (cause, severity, message) values ('somebody_elses', 'warning', 'x');
select is(backup.settle_alerts('2026-01-04 03:32Z'), 1, 'settle_alerts() resolves what is gone');
select results_eq('select cause, resolved_at is not null from backup.alerts order by cause', $$ values ('missed_run', true), ('somebody_elses', false) $$,
  'settle_alerts() leaves the alerts of others alone');
select is(backup.settle_alerts('2026-01-11 03:01Z'), 2, 'settle_alerts() opens another when it comes back, and one for the verification');
select is((select count(*) from backup.alerts where cause = 'missed_run'), 2::bigint, 'settle_alerts() keeps the alert of the first time');

-- what cannot be told
create or replace function backup.alert_causes(p_now timestamptz default now())
returns table (cause text, present boolean, severity text, message text, details jsonb) language sql stable set search_path = ''
as $$ select 'missed_run', null::boolean, 'warning', 'x', '{}'::jsonb union all select 'other', null, 'warning', 'x', '{}' $$;
select is(backup.settle_alerts() || ' ' || (select count(*) from backup.alerts where resolved_at is null), '0 3', 'settle_alerts() neither raises nor resolves what cannot be told');

-- permissions
select function_privs_are('backup', 'settle_alerts', array['timestamptz']::text[], 'anon', '{}'::text[], 'settle_alerts() is closed to anon');
select function_privs_are('backup', 'settle_alerts', array['timestamptz']::text[], 'authenticated', '{}'::text[], 'settle_alerts() is closed to authenticated');

select * from finish();
rollback;
