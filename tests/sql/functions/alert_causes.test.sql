-- Tests sql/functions/alert_causes.sql
begin;
select plan(57);

-- arrange: an empty ledger, whatever the database has been through, and a weekly backup (Sunday 01:00) since Thursday 2026-01-01
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.job_runs;
update backup.policies set enabled = false;
create function pg_temp.present(p_now timestamptz) returns text[] language sql as $$
  select coalesce(array_agg(cause order by cause), '{}') from backup.alert_causes(p_now) where present and cause <> 'ledger_growth' $$;
create function pg_temp.told(p_now timestamptz, p_cause text) returns text language sql as $$
  select severity || ': ' || message from backup.alert_causes(p_now) where present and cause = p_cause $$;
create function pg_temp.run(p_at timestamptz, p_bytes bigint default 1000000, p_code text default null) returns text language sql as $$
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, raw_bytes, manifest_key, manifest_sha256, failure_code, failure_message)
  values (to_char(p_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') || '-aaaaaa', case when p_code is null then 'complete' else 'failed' end::backup.run_state, 'weekly', 'schedule', 'functions', 'p/',
          p_at, p_at, p_at + interval '5 minutes', p_bytes, case when p_code is null then 'p/manifest.json' end, case when p_code is null then 'x' end, p_code, case when p_code is not null then 'access denied' end)
  returning run_id $$;

-- contract
select function_returns('backup', 'alert_causes', array['timestamp with time zone'], 'setof record', 'alert_causes() returns rows');
select isnt(obj_description('backup.alert_causes(timestamptz)'::regprocedure), null, 'alert_causes() has a comment');
select is((select array_agg(cause order by cause) from backup.alert_causes()),
  '{delivery_failing,drill_overdue,job_failing,keeper_too_old,ledger_growth,missed_run,missed_verification,rpo_over_target,rto_over_target,s3_refusing,schema_not_captured,size_jump,stuck_run}',
  'alert_causes() judges every cause, also when none is present');

-- nobody asked for a backup
select is(pg_temp.present('2036-01-01Z'), '{}', 'alert_causes() misses nothing that nobody asked for');

-- missed run
update backup.policies set enabled = true where name in ('secondary_weekly', 'secondary_monthly');
update backup.policies set schedule = '0 1 * * 0' where name = 'secondary_weekly';
update backup.policies set scheduled_since = '2026-01-01 12:00Z' where scheduled_since is not null;
select is(pg_temp.present('2026-01-04 02:59Z'), '{}', 'alert_causes() waits for the first time due and the grace');
select is(pg_temp.present('2026-01-04 03:01Z'), '{missed_run}', 'alert_causes() misses the first run although there never was one');
select is(pg_temp.told('2026-01-04 03:01Z', 'missed_run'), 'critical: no export has succeeded since one was due at 2026-01-04 01:00 UTC; there is no backup',
  'alert_causes() says since when and that there is no backup');
update backup.settings set missed_run_grace = '1 day';
select is(pg_temp.present('2026-01-04 03:01Z'), '{}', 'alert_causes() takes the grace from settings');
update backup.settings set missed_run_grace = default;
do $$ begin perform pg_temp.run('2026-01-04 01:10Z', p_code => 'HF301'); end $$;
select is(pg_temp.present('2026-01-04 03:01Z'), '{missed_run}', 'alert_causes() does not take a failed run for a success');
delete from backup.runs;
do $$ begin perform pg_temp.run('2026-01-04 01:00:05Z'); end $$;
select is(pg_temp.present('2026-01-04 03:01Z'), '{}', 'alert_causes() is content with the run that was due');
select is(pg_temp.present('2026-01-11 02:59Z'), '{missed_verification}', 'alert_causes() waits a week for the next one');
select is(pg_temp.told('2026-01-11 03:01Z', 'missed_run'), 'critical: no export has succeeded since one was due at 2026-01-11 01:00 UTC; the newest backup is of 2026-01-04 01:00 UTC',
  'alert_causes() misses the next one');
select is(pg_temp.told('2026-02-01 00:00Z', 'missed_run'), 'critical: no export has succeeded since one was due at 2026-01-11 01:00 UTC; the newest backup is of 2026-01-04 01:00 UTC',
  'alert_causes() keeps counting from the first one missed');
update backup.policies set scheduled_since = '2026-02-01Z' where name = 'secondary_weekly';
select is(pg_temp.told('2026-02-01 00:00Z', 'missed_run'), null, 'alert_causes() misses nothing from before the schedule held');
update backup.policies set scheduled_since = '2026-01-01 12:00Z' where name = 'secondary_weekly';
update backup.policies set schedule = '0 1 * * *' where name = 'secondary_weekly';
update backup.policies set scheduled_since = '2026-01-01 12:00Z' where name = 'secondary_weekly';
select matches(pg_temp.told('2026-01-05 03:01Z', 'missed_run'), 'due at 2026-01-05 01:00 UTC', 'alert_causes() follows the schedule of the policy');
update backup.policies set schedule = '0 1 * * 0' where name = 'secondary_weekly';
update backup.policies set scheduled_since = '2026-01-01 12:00Z' where name = 'secondary_weekly';

-- missed verification: Sunday 02:00
select is(pg_temp.told('2026-01-04 04:01Z', 'missed_verification'), 'warning: no verification has ended since one was due at 2026-01-04 02:00 UTC',
  'alert_causes() misses the verification two hours after it was due');
insert into backup.verifications (trigger, started_at) values ('schedule', '2026-01-04 02:00:10Z');
select isnt(pg_temp.told('2026-01-04 04:01Z', 'missed_verification'), null, 'alert_causes() does not take one that never ended for a verification');
update backup.verifications set verdict = 'failed', finished_at = '2026-01-04 02:10Z';
select is(pg_temp.told('2026-01-04 04:01Z', 'missed_verification'), null, 'alert_causes() is content with one that ended, whatever it found');

-- stuck run, keeper too old
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, keeper_claimed_at, snapshot_at)
values ('20260105T000000Z-bbbbbb', 'exporting', 'weekly', 'sql', 'functions', 'p/', '2026-01-05 00:00Z', '2026-01-05 00:01Z', '2026-01-05 00:01Z');
select is(pg_temp.present('2026-01-05 00:31Z'), '{}', 'alert_causes() gives a run half an hour to store something');
select is(pg_temp.told('2026-01-05 00:32Z', 'stuck_run'), 'critical: export 20260105T000000Z-bbbbbb has stored nothing since 2026-01-05 00:01 UTC', 'alert_causes() names the stuck run');
insert into backup.chunks (run_id, chunk_no, kind, state, done_at) values ('20260105T000000Z-bbbbbb', 1, 'globals', 'done', '2026-01-05 00:20Z');
select is(pg_temp.present('2026-01-05 00:49Z'), '{}', 'alert_causes() counts from the newest object');
update backup.settings set stuck_run_after = '28 minutes';
select is(pg_temp.present('2026-01-05 00:49Z'), '{stuck_run}', 'alert_causes() takes the patience from settings');
update backup.settings set stuck_run_after = '1 year', keeper_max_age = '2 hours';
select is(pg_temp.present('2026-01-05 01:00Z'), '{}', 'alert_causes() leaves a young keeper alone');
select is(pg_temp.told('2026-01-05 01:02Z', 'keeper_too_old'), 'warning: export 20260105T000000Z-bbbbbb has held back vacuum for more than half of settings.keeper_max_age (2 h)',
  'alert_causes() warns of a keeper at half of its greatest age');
delete from backup.runs where state = 'exporting';

-- drill overdue
select is(pg_temp.told('2026-02-05 11:59Z', 'drill_overdue'), null, 'alert_causes() gives the first drill as long as any other');
select is(pg_temp.told('2026-02-05 12:01Z', 'drill_overdue'), 'warning: no drill has ever passed; one is due every 35 d', 'alert_causes() asks for the first drill');
insert into backup.drills (run_id, trigger, state, verdict, started_at, finished_at, failure_code, failure_message) values ('20260104T010005Z-aaaaaa', 'sql', 'failed', 'failed', '2026-02-02Z', '2026-02-02Z', 'HF401', 'x');
select isnt(pg_temp.told('2026-02-05 12:01Z', 'drill_overdue'), null, 'alert_causes() does not count a failed drill');
insert into backup.drills (run_id, trigger, state, verdict, started_at, finished_at) values ('20260104T010005Z-aaaaaa', 'sql', 'complete', 'passed', '2026-02-03Z', '2026-02-03Z');
select is(pg_temp.told('2026-02-05 12:01Z', 'drill_overdue'), null, 'alert_causes() is content with a drill that passed');
select is(pg_temp.told('2026-03-10 00:01Z', 'drill_overdue'), 'warning: the last drill passed 35 d ago; one is due every 35 d', 'alert_causes() asks for the next drill');
delete from backup.drills;

-- objectives: the view measures them against the present time
update backup.runs set snapshot_at = now() - interval '3 hours';
update backup.runs set manifest_sha256 = 'y';
insert into backup.drills (run_id, trigger, state, verdict, started_at, finished_at, manifest_sha256, proof) values ('20260104T010005Z-aaaaaa', 'sql', 'complete', 'passed', now() - interval '5 hours', now(), 'y', '{"complete": true}');
select is((select array_agg(name order by name) from backup.recovery_objectives where not met), '{rpo,rto}', 'the arranged ledger misses both objectives');
select is(pg_temp.told(now(), 'rpo_over_target'), 'warning: RPO is 3 h, the target is 1 h', 'alert_causes() compares the RPO with its target');
select is(pg_temp.told(now(), 'rto_over_target'), 'warning: RTO is 5 h, the target is 4 h', 'alert_causes() compares the RTO with its target');
update backup.objectives set target = '6 hours';
select is(pg_temp.told(now(), 'rpo_over_target') is null and pg_temp.told(now(), 'rto_over_target') is null, true, 'alert_causes() is content below the targets');
delete from backup.drills; delete from backup.runs;

-- size jump
do $$ begin perform pg_temp.run('2026-01-04 01:00Z'::timestamptz + n * interval '1 day', 1000000 + n) from generate_series(1, 3) n; perform pg_temp.run('2026-01-08 01:00Z', 3000007); end $$;
select is(pg_temp.told('2026-01-08 02:00Z', 'size_jump'), 'warning: backup 20260108T010000Z-aaaaaa holds 2930 kB, the median of the 3 before it is 977 kB', 'alert_causes() notices a backup that grew');
update backup.runs set raw_bytes = 3000006 where run_id = '20260108T010000Z-aaaaaa';
select is(pg_temp.told('2026-01-08 02:00Z', 'size_jump'), null, 'alert_causes() accepts the factor itself');
update backup.runs set raw_bytes = 333333 where run_id = '20260108T010000Z-aaaaaa';
select matches(pg_temp.told('2026-01-08 02:00Z', 'size_jump'), '^warning: backup 20260108T010000Z-aaaaaa holds 326 kB', 'alert_causes() notices a backup that shrank');
update backup.runs set raw_bytes = 0 where run_id = '20260108T010000Z-aaaaaa';
select isnt(pg_temp.told('2026-01-08 02:00Z', 'size_jump'), null, 'alert_causes() notices an empty backup');
delete from backup.runs where run_id = '20260105T010000Z-aaaaaa';
select is(pg_temp.told('2026-01-08 02:00Z', 'size_jump'), null, 'alert_causes() does not judge by two backups');

-- schema not captured
update backup.runs set raw_bytes = 1000000, warnings = '[{"code": "schema_no_privilege", "subject": "x"}, {"code": "schema_unknown", "subject": "y"}, {"code": "large_objects"}]' where run_id = '20260108T010000Z-aaaaaa';
select is(pg_temp.told('2026-01-08 02:00Z', 'schema_not_captured'), 'warning: 2 part(s) of the schema are not in backup 20260108T010000Z-aaaaaa', 'alert_causes() counts what was not captured');
update backup.runs set warnings = '[{"code": "large_objects"}]' where run_id = '20260108T010000Z-aaaaaa';
select is(pg_temp.told('2026-01-08 02:00Z', 'schema_not_captured'), null, 'alert_causes() leaves other warnings to the report');

-- S3 refusing
do $$ begin perform pg_temp.run('2026-01-08 02:00Z', p_code => 'HF203'); end $$;
select is(pg_temp.told('2026-01-08 03:00Z', 's3_refusing'), 'critical: the bucket refused export 20260108T020000Z-aaaaaa: HF203 access denied', 'alert_causes() tells that S3 refuses');
update backup.runs set failure_code = 'HF301' where run_id = '20260108T020000Z-aaaaaa';
select is(pg_temp.told('2026-01-08 03:00Z', 's3_refusing'), null, 'alert_causes() does not blame S3 for another failure');
update backup.runs set failure_code = 'HF203' where run_id = '20260108T020000Z-aaaaaa';
do $$ begin perform pg_temp.run('2026-01-08 03:00Z'); end $$;
select is(pg_temp.told('2026-01-08 04:00Z', 's3_refusing'), null, 'alert_causes() looks at the newest ended run only');

-- job failing
insert into backup.job_runs (job_name, status, started_at, finished_at, error_code, error) values
  ('export', 'failed', '2026-01-07Z', '2026-01-07Z', 'HF101', 'x'), ('tick', 'failed', '2026-01-08Z', '2026-01-08Z', '42501', 'permission denied'), ('prune', 'failed', '2026-01-06Z', '2026-01-06Z', '22012', 'x'),
  ('prune', 'succeeded', '2026-01-07Z', '2026-01-07Z', null, null);
select is(pg_temp.told('2026-01-08 04:00Z', 'job_failing'), 'critical: scheduled jobs fail: export (HF101), tick (42501)', 'alert_causes() names the jobs whose last run failed');
delete from backup.job_runs;

-- delivery failing
delete from backup.alert_deliveries;
create function pg_temp.ended(p_at timestamptz, p_channel text, p_state text, p_error text default null) returns void language sql as $$
  insert into backup.alert_deliveries (event, cause, channel, state, content, error, finished_at) values ('test', 'test', p_channel, p_state, '{}', p_error, p_at) $$;
do $$ begin perform pg_temp.ended('2026-01-08 01:00Z', 'slack', 'sent'); perform pg_temp.ended('2026-01-08 01:00Z', 'email', 'sent'); end $$;
select is(pg_temp.told('2026-01-08 04:00Z', 'delivery_failing'), null, 'alert_causes() is content while alerts arrive');
do $$ begin perform pg_temp.ended('2026-01-08 02:00Z', 'slack', 'failed', 'HTTP 404'); perform pg_temp.ended('2026-01-08 03:00Z', 'slack', 'skipped', 'replaced'); end $$;
select is(pg_temp.told('2026-01-08 04:00Z', 'delivery_failing'), 'warning: alerts do not arrive: slack: HTTP 404', 'alert_causes() names the channel whose newest message was given up, and why');
select is(pg_temp.told('2026-03-15 02:01Z', 'delivery_failing'), 'warning: alerts do not arrive: slack: HTTP 404', 'alert_causes() takes no silence for a repair');
insert into backup.alerts (cause, severity, message) values ('gone', 'warning', 'm');
insert into backup.alert_deliveries (alert_id, event, cause, channel, state, content, queued_at, finished_at)
select a.alert_id, 'raised', 'gone', 'email', 'sent', '{}', '2026-01-08 03:10Z', '2026-01-08 03:11Z' from backup.alerts a where a.cause = 'gone';
select is(pg_temp.told('2026-01-08 04:00Z', 'delivery_failing'), null, 'alert_causes() forgets a channel that something was told without');
delete from backup.alerts where cause = 'gone';
do $$ begin perform pg_temp.ended('2026-01-08 03:20Z', 'heartbeat_verify', 'failed', 'HTTP 500'); end $$;
select is(pg_temp.told('2026-01-30 04:00Z', 'delivery_failing'), 'warning: alerts do not arrive: heartbeat_verify: HTTP 500; slack: HTTP 404', 'alert_causes() remembers a weekly heartbeat between two of them');
do $$ begin perform pg_temp.ended('2026-01-08 03:25Z', 'heartbeat_verify', 'skipped', 'channel is not configured'); end $$;
select is(pg_temp.told('2026-01-30 04:00Z', 'delivery_failing'), 'warning: alerts do not arrive: slack: HTTP 404', 'alert_causes() forgets a heartbeat that is no longer configured');
do $$ begin perform pg_temp.ended('2026-01-08 03:30Z', 'slack', 'sent'); end $$;
select is(pg_temp.told('2026-01-08 04:00Z', 'delivery_failing'), null, 'alert_causes() is content once a message arrives');
do $$ begin perform pg_temp.ended('2026-01-08 03:40Z', null, 'failed', 'not taken'); end $$;
select is(pg_temp.told('2026-01-08 04:00Z', 'delivery_failing'), 'warning: alerts do not arrive: not taken', 'alert_causes() tells that no function takes messages');
do $$ begin perform pg_temp.ended('2026-01-08 03:50Z', 'email', 'sent'); end $$;
select is(pg_temp.told('2026-01-08 04:00Z', 'delivery_failing'), null, 'alert_causes() is content once one takes them');

-- ledger growth
update backup.settings set ledger_max_bytes = 1;
select matches(pg_temp.told(now(), 'ledger_growth'), '^warning: the tables of schema backup hold \d+ kB, more than settings\.ledger_max_bytes \(1 bytes\)$', 'alert_causes() tells that the ledger is large');
update backup.settings set ledger_max_bytes = default;
select is(pg_temp.told(now(), 'ledger_growth'), null, 'alert_causes() is content with a small one');

-- permissions
select function_privs_are('backup', 'alert_causes', array['timestamptz']::text[], 'anon', '{}'::text[], 'alert_causes() is closed to anon');
select function_privs_are('backup', 'alert_causes', array['timestamptz']::text[], 'authenticated', '{}'::text[], 'alert_causes() is closed to authenticated');

select * from finish();
rollback;
