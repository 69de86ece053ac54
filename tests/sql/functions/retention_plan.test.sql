-- Tests sql/functions/retention_plan.sql
begin;
select plan(32);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.settings set retention_minimum = 1, retention_debris_age = '3 days';
create function pg_temp.run_at(p_at timestamptz, p_tier backup.tier, p_state backup.run_state default 'complete', p_id text default null) returns text language sql as $$
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, manifest_key, manifest_sha256, failure_code, failure_message)
  values (coalesce(p_id, to_char(p_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z-"') || substr(md5(p_at::text), 1, 6)), p_state, p_tier, 'sql', 'cli', 'x/', p_at,
          case when p_state <> 'starting' then p_at end,
          case when p_state not in ('starting', 'exporting') then p_at end, case when p_state in ('complete', 'expired') then 'k' end, case when p_state in ('complete', 'expired') then 's' end,
          case when p_state = 'failed' then 'HF300' end, case when p_state = 'failed' then 'x' end)
  returning run_id $$;
create function pg_temp.verify(p_run_id text) returns void language sql as $$
  insert into backup.drills (run_id, trigger, verdict, state, finished_at) values (p_run_id, 'sql', 'passed', 'complete', now()) $$;
create function pg_temp.decided(p_now timestamptz) returns setof text language sql as $$
  select format('%s %s %s', to_char(p.snapshot_at at time zone 'UTC', 'MM-DD'), p.decision, array_to_string(p.reasons, ',')) from backup.retention_plan(p_now) p $$;

-- contract
select function_returns('backup', 'retention_plan', array['timestamp with time zone'], 'setof record', 'retention_plan() returns rows');
select isnt(obj_description('backup.retention_plan(timestamptz)'::regprocedure), null, 'retention_plan() has a comment');
select volatility_is('backup', 'retention_plan', array['timestamp with time zone'], 'stable', 'retention_plan() changes nothing');
select is_empty('select * from backup.retention_plan()', 'retention_plan() has nothing to say of an empty ledger');

-- behaviour: retention of the tier (2024-05-01 is a Wednesday)
select pg_temp.run_at('2024-05-01 01:00Z', 'monthly');
select pg_temp.run_at('2024-05-02 01:00Z', 'daily');
select pg_temp.run_at('2024-05-03 01:00Z', 'daily');
select pg_temp.run_at('2024-05-06 01:00Z', 'weekly');
select pg_temp.run_at('2024-05-07 01:00Z', 'daily');
select results_eq($$ select * from pg_temp.decided('2024-06-01 00:59:59Z') $$, array['05-07 keep tier_daily,first_of_day,minimum_complete', '05-06 keep tier_weekly,first_of_day,first_of_week',
  '05-03 keep tier_daily,first_of_day', '05-02 keep tier_daily,first_of_day', '05-01 keep tier_monthly,first_of_week,first_of_month'], 'retention_plan() keeps runs for the retention of their tier');
select results_eq($$ select * from pg_temp.decided('2024-06-01 01:00Z') $$, array['05-07 keep tier_daily,first_of_day,minimum_complete', '05-06 keep tier_weekly,first_of_day,first_of_week',
  '05-03 keep tier_daily,first_of_day', '05-02 expire past_retention', '05-01 keep tier_monthly,first_of_week,first_of_month'], 'retention_plan() lets a run go at the second its time is over');
select results_eq($$ select * from pg_temp.decided('2024-08-04 01:00Z') $$, array['05-07 keep minimum_complete', '05-06 expire past_retention', '05-03 expire past_retention', '05-02 expire past_retention',
  '05-01 keep tier_monthly,first_of_month'], 'retention_plan() ends weekly runs after monthly ones have taken over');
select results_eq($$ select * from pg_temp.decided('2030-01-01Z') where not starts_with(decided, '05-07') $$,
  array['05-06 expire past_retention', '05-03 expire past_retention', '05-02 expire past_retention', '05-01 expire past_retention'], 'retention_plan() expires everything old but the newest');
select results_eq($$ select expires_at from backup.retention_plan('2030-01-01Z') order by snapshot_at $$,
  $$ values ('2025-05-01 01:00Z'::timestamptz), ('2024-06-01 01:00Z'), ('2024-06-02 01:00Z'), ('2024-08-04 01:00Z'), ('2024-06-06 01:00Z') $$, 'retention_plan() tells when the time of tier and period ends');
set local timezone = 'Pacific/Auckland';
select results_eq($$ select expires_at from backup.retention_plan('2030-01-01Z') where tier = 'weekly' $$, $$ values ('2024-08-04 01:00Z'::timestamptz) $$, 'retention_plan() counts days in UTC');
select is((select count(*)::integer from backup.retention_plan('2024-08-04 01:00Z') where 'first_of_month' = any (reasons)), 1, 'retention_plan() takes calendar periods in UTC');
reset timezone;

-- behaviour: calendar periods
delete from backup.runs;
select pg_temp.run_at('2024-05-01 01:00Z', 'daily', 'failed');
select pg_temp.run_at('2024-05-02 01:00Z', 'daily');
select pg_temp.run_at('2024-05-02 02:00Z', 'daily');
select pg_temp.run_at('2024-06-02 02:00Z', 'daily');
select results_eq($$ select * from pg_temp.decided('2024-08-25Z') $$, array['06-02 keep first_of_week,first_of_month,minimum_complete', '05-02 expire past_retention', '05-02 keep first_of_month', '05-01 expire failed'],
  'retention_plan() keeps the first good run of a month whatever its tier, and no other');
update backup.runs set state = 'expired' where snapshot_at = '2024-05-02 01:00Z';
select results_eq($$ select * from pg_temp.decided('2024-08-25Z') $$, array['06-02 keep first_of_week,first_of_month,minimum_complete', '05-02 expire past_retention', '05-02 expire being_deleted', '05-01 expire failed'],
  'retention_plan() gives nobody the place of a run that is being deleted, and does not bring that back');
update backup.runs set objects_deleted_at = now() where state in ('expired', 'failed');
select results_eq($$ select * from pg_temp.decided('2024-08-25Z') $$, array['06-02 keep first_of_week,first_of_month,minimum_complete', '05-02 expire past_retention'],
  'retention_plan() leaves out what is deleted');

-- behaviour: the name of a run does not count
delete from backup.runs;
select pg_temp.run_at('2024-05-02 01:00Z', 'daily', 'complete', '20990101T000000Z-ffffff');
select pg_temp.run_at('2024-05-03 01:00Z', 'daily', 'complete', '19990101T000000Z-ffffff');
select results_eq($$ select run_id, decision from backup.retention_plan('2024-12-01Z') $$, $$ values ('19990101T000000Z-ffffff', 'keep'), ('20990101T000000Z-ffffff', 'keep') $$, 'retention_plan() keeps the first of the month') ;
select results_eq($$ select run_id, decision from backup.retention_plan('2026-12-01Z') $$, $$ values ('19990101T000000Z-ffffff', 'keep'), ('20990101T000000Z-ffffff', 'expire') $$,
  'retention_plan() takes the time of the snapshot for the age, and not the name');

-- behaviour: verified runs and the minimum
delete from backup.runs;
select pg_temp.verify(pg_temp.run_at(('2020-01-0' || i || ' 01:00Z')::timestamptz, 'daily')) from generate_series(1, 4) i;
select pg_temp.run_at(('2020-02-0' || i || ' 01:00Z')::timestamptz, 'daily') from generate_series(1, 4) i;
select results_eq($$ select * from pg_temp.decided('2024-01-01Z') where decided ~ 'keep' $$, array['02-04 keep minimum_complete', '01-04 keep newest_verified,minimum_verified'],
  'retention_plan() keeps the newest verified run for ever');
update backup.settings set retention_minimum = 3;
select results_eq($$ select * from pg_temp.decided('2024-01-01Z') where decided ~ 'keep' $$, array['02-04 keep minimum_complete', '02-03 keep minimum_complete', '02-02 keep minimum_complete',
  '01-04 keep newest_verified,minimum_verified', '01-03 keep minimum_verified', '01-02 keep minimum_verified'], 'retention_plan() keeps as many verified and as many complete runs as the settings say');
update backup.drills set verdict = 'failed';
select results_eq($$ select * from pg_temp.decided('2024-01-01Z') where decided ~ 'keep' $$, array['02-04 keep minimum_complete', '02-03 keep minimum_complete', '02-02 keep minimum_complete'],
  'retention_plan() takes no failed drill for a proof');
select throws_ok('update backup.settings set retention_minimum = 0', '23514', null, 'retention_plan() cannot be told to keep none');

-- behaviour: failed and active runs
delete from backup.runs;
update backup.settings set retention_minimum = 1;
select pg_temp.run_at('2024-05-02 01:00Z', 'daily');
select pg_temp.run_at('2024-05-05 01:00Z', 'daily', 'failed');
select pg_temp.run_at('2024-05-06 01:00Z', 'daily', 'starting');
select results_eq($$ select * from pg_temp.decided('2024-05-08 00:59:59Z') $$, array[' keep active', '05-05 keep failed_lately', '05-02 keep tier_daily,first_of_day,first_of_week,first_of_month,minimum_complete'],
  'retention_plan() leaves active runs alone, and failed ones while somebody may look');
select results_eq($$ select * from pg_temp.decided('2099-05-08 01:00Z') $$, array[' keep active', '05-05 expire failed', '05-02 keep minimum_complete'],
  'retention_plan() expires what failed runs left, never what an active one writes, and does not count a failed run as the newest');

-- behaviour: policies
update backup.policies set retention = '1 year' where name = 'secondary_daily';
select is((select decision from backup.retention_plan('2025-05-02Z') where state = 'complete'), 'keep', 'retention_plan() follows the policy as it is, also while it is off');
update backup.policies set tier = null where tier = 'daily';
update backup.policies set retention = '1 day' where provider = 'aws_s3';
select pg_temp.run_at('2024-05-03 01:00Z', 'monthly');
select results_eq($$ select * from pg_temp.decided('2025-05-02Z') where decided ~ '^05-0[23]' $$, array['05-03 keep minimum_complete', '05-02 keep no_policy'], 'retention_plan() keeps a run whose tier no policy names');
insert into backup.policies (name, provider, frequency, retention, tier, enabled, description) values ('more', 'aws_s3', 'monthly', '10 years', 'monthly', true, '');
select is((select expires_at from backup.retention_plan('2025-05-02Z') where tier = 'monthly'), '2034-05-03 01:00Z'::timestamptz, 'retention_plan() takes the longest of several policies of a tier');

-- behaviour: size
delete from backup.runs;
delete from backup.policies where name = 'more';
update backup.policies set tier = 'daily' where name = 'secondary_daily';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
select to_char(t, 'YYYYMMDD"T"HH24MISS"Z-000000"'), 'complete', 'daily', 'sql', 'cli', 'x/', t, t, 'k', 's' from generate_series('2000-01-01'::timestamptz, '2000-01-01'::timestamptz + interval '9999 hours', interval '1 hour') t;
select is((select count(*)::integer from backup.retention_plan('2024-01-01Z')), 10000, 'retention_plan() decides each of 10,000 runs');
select results_eq($$ select decision, count(*)::integer from backup.retention_plan('2024-01-01Z') group by 1 order by 1 $$, $$ values ('expire', 9999), ('keep', 1) $$, 'retention_plan() expires all but the newest of them');

-- behaviour: a run from while the clock was wrong
delete from backup.drills; delete from backup.runs; update backup.settings set retention_minimum = 1;
select pg_temp.verify(pg_temp.run_at('2024-05-01 01:00Z', 'daily'));
select pg_temp.verify(pg_temp.run_at('2044-05-01 01:00Z', 'daily'));
select results_eq($$ select * from pg_temp.decided('2025-05-01Z') $$, array['05-01 keep tier_daily,first_of_day,first_of_week,first_of_month', '05-01 keep newest_verified,minimum_verified,minimum_complete'],
  'retention_plan() lets no run from the future stand for the newest, verified or not');

-- errors
update backup.policies set tier = null where provider = 'aws_s3';
select throws_ok('select * from backup.retention_plan()', 'HF600', 'no policy gives a tier of exports a retention', 'retention_plan() refuses an empty policy with HF600');

-- permissions
select function_privs_are('backup', 'retention_plan', array['timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute retention_plan()');
select function_privs_are('backup', 'retention_plan', array['timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute retention_plan()');
select function_privs_are('backup', 'retention_plan', array['timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute retention_plan()');

select * from finish();
rollback;
