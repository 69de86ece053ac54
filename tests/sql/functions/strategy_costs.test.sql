-- Tests sql/functions/strategy_costs.sql
begin;
select plan(11);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.primary_backups;
select backup.disable();
create function pg_temp.run(p_id text, p_tier backup.tier, p_at timestamptz, p_bytes bigint) returns void language sql as $$
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, raw_bytes, stored_bytes, rows, manifest_key, manifest_sha256)
  values (p_id, 'complete', p_tier, 'sql', 'cli', 'p/' || p_id || '/', p_at, p_at, p_bytes, p_bytes, 1, 'p/manifest.json', 'x') $$;

select count(*) from backup.enable();
select is_empty('select * from backup.strategy_costs()', 'strategy_costs() estimates nothing before the first export');
do $$ begin perform pg_temp.run('20261101T000000Z-aaaaaa', 'weekly', '2026-11-01', 10000000000); end $$;
select set_eq('select item, storage_class from backup.strategy_costs()',
  $$ values ('weekly', 'STANDARD'), ('monthly', 'GLACIER_IR'), ('exports', null), ('verifications', null), ('drills', null) $$, 'strategy_costs() lists tiers and what moves, without a tier that no export gets');
select results_eq($$ select item, runs from backup.strategy_costs() where storage_class is not null order by 1 $$, $$ values ('monthly', 12.0), ('weekly', 9.9) $$,
  'strategy_costs() counts the runs that are kept, each in one tier');
select is((select usd_per_month from backup.strategy_costs() where item = 'monthly'), 0.4797, 'strategy_costs() multiplies runs, bytes and price');
select is((select bytes from backup.strategy_costs() where item = 'drills'), 10000000000.0, 'strategy_costs() reads one run a month in a drill');
do $$ begin perform pg_temp.run('20261102T000000Z-aaaaaa', 'monthly', '2026-11-02', 20000000000); end $$;
select is((select round(bytes / runs / 1e8) from backup.strategy_costs() where item = 'monthly'), 200::numeric, 'strategy_costs() takes the size of the newest run of a tier');
update backup.prices set usd_per_gb = 0;
select is((select sum(usd_per_month) from backup.strategy_costs() where storage_class is not null), 0::numeric, 'strategy_costs() follows the prices');
update backup.policies set enabled = true where name = 'secondary_daily';
select results_eq($$ select item, round(runs) from backup.strategy_costs() where storage_class is not null order by 1 $$, $$ values ('daily', 25::numeric), ('monthly', 12), ('weekly', 12) $$,
  'strategy_costs() shares daily exports among all tiers');
select backup.disable();
select is_empty('select * from backup.strategy_costs()', 'strategy_costs() estimates nothing while exports are off');

-- permissions
select function_privs_are('backup', 'strategy_costs', array[]::text[], 'anon', '{}'::text[], 'strategy_costs() is closed to anon');
select function_privs_are('backup', 'strategy_costs', array[]::text[], 'authenticated', '{}'::text[], 'strategy_costs() is closed to authenticated');

select * from finish();
rollback;
