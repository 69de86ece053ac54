-- Tests sql/functions/policy_next_runs.sql
begin;
select plan(7);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.primary_backups;
select backup.disable();
create function pg_temp.run(p_id text, p_tier backup.tier, p_at timestamptz, p_bytes bigint) returns void language sql as $$
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, raw_bytes, stored_bytes, rows, manifest_key, manifest_sha256)
  values (p_id, 'complete', p_tier, 'sql', 'cli', 'p/' || p_id || '/', p_at, p_at, p_bytes, p_bytes, 1, 'p/manifest.json', 'x') $$;

select is_empty('select * from backup.policy_next_runs()', 'policy_next_runs() has nothing to say while Holdfast makes no backup');
update backup.policies set enabled = true where name in ('secondary_weekly', 'secondary_monthly');
select results_eq($$ select * from backup.policy_next_runs('2026-11-24 04:00+00') order by 1 $$,
  $$ values ('secondary_monthly', '2026-11-29 01:00+00'::timestamptz), ('secondary_weekly', '2026-11-29 01:00+00') $$, 'policy_next_runs() gives a policy without a schedule the next export');
do $$ begin perform pg_temp.run('20261102T000000Z-aaaaaa', 'monthly', '2026-11-02 00:00+00', 1); end $$;
select is((select next_run_at from backup.policy_next_runs('2026-11-24 04:00+00') where policy_name = 'secondary_monthly'), '2026-12-06 01:00+00'::timestamptz,
  'policy_next_runs() knows that this month has its export');
update backup.policies set schedule = '30 4 1 * *' where name = 'secondary_monthly';
select is((select next_run_at from backup.policy_next_runs('2026-11-24 04:00+00') where policy_name = 'secondary_monthly'), '2026-12-01 04:30+00'::timestamptz,
  'policy_next_runs() goes by the schedule of the policy');
update backup.policies set enabled = true where name = 'storage';
select is((select next_run_at from backup.policy_next_runs() where policy_name = 'storage'), null, 'policy_next_runs() knows of none for files without a schedule');

-- permissions
select function_privs_are('backup', 'policy_next_runs', array['timestamptz']::text[], 'anon', '{}'::text[], 'policy_next_runs() is closed to anon');
select function_privs_are('backup', 'policy_next_runs', array['timestamptz']::text[], 'authenticated', '{}'::text[], 'policy_next_runs() is closed to authenticated');

select * from finish();
rollback;
