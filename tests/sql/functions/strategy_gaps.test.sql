-- Tests sql/functions/strategy_gaps.sql
begin;
select plan(10);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.primary_backups;
select backup.disable();
create function pg_temp.run(p_id text, p_tier backup.tier, p_at timestamptz, p_bytes bigint) returns void language sql as $$
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, raw_bytes, stored_bytes, rows, manifest_key, manifest_sha256)
  values (p_id, 'complete', p_tier, 'sql', 'cli', 'p/' || p_id || '/', p_at, p_at, p_bytes, p_bytes, 1, 'p/manifest.json', 'x') $$;

delete from backup.critical_tables;
update backup.settings set project_ref = 'abcdefghijklmnopqrst', external_clock = false where id;
create function pg_temp.gap(p_pattern text) returns bigint language sql as $$ select count(*) from backup.strategy_gaps() g where g ~ p_pattern $$;

select is(pg_temp.gap('^Exports to S3 are off'), 1::bigint, 'strategy_gaps() says that S3 is off');
select is(pg_temp.gap('^pg_cron does not have: holdfast-prune, holdfast-tick, holdfast-verify'), 1::bigint, 'strategy_gaps() names schedules that are not installed');
select count(*) from backup.enable();
select is(pg_temp.gap('^(Exports to S3 are off|pg_cron)'), 0::bigint, 'strategy_gaps() sees that both are done');
select is(pg_temp.gap('^No export has completed yet'), 1::bigint, 'strategy_gaps() says that there is no export yet');
select is(pg_temp.gap('is not checked: no access token. Set `SUPABASE_ACCESS_TOKEN`'), 2::bigint, 'strategy_gaps() says that the backups of Supabase are not checked, and how to');
insert into backup.primary_backups (project_ref, outcome, pitr_enabled, newest_at, oldest_at) values ('abcdefghijklmnopqrst', 'answered', false, now(), now() - interval '6 days');
select is(pg_temp.gap('^`point_in_time`, made by Supabase: point-in-time recovery is off'), 1::bigint, 'strategy_gaps() says what failed');
select is(pg_temp.gap('^`primary`, made by Supabase, reaches back 6.0 of the 30 days'), 1::bigint, 'strategy_gaps() compares what is kept with the policy');
select is(pg_temp.gap('critical_tables'), 1::bigint, 'strategy_gaps() asks for critical tables');

-- permissions
select function_privs_are('backup', 'strategy_gaps', array[]::text[], 'anon', '{}'::text[], 'strategy_gaps() is closed to anon');
select function_privs_are('backup', 'strategy_gaps', array[]::text[], 'authenticated', '{}'::text[], 'strategy_gaps() is closed to authenticated');

select * from finish();
rollback;
