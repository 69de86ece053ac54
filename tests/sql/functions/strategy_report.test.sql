-- Tests sql/functions/strategy_report.sql
begin;
select plan(11);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.primary_backups;
select backup.disable();
create function pg_temp.run(p_id text, p_tier backup.tier, p_at timestamptz, p_bytes bigint) returns void language sql as $$
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, raw_bytes, stored_bytes, rows, manifest_key, manifest_sha256)
  values (p_id, 'complete', p_tier, 'sql', 'cli', 'p/' || p_id || '/', p_at, p_at, p_bytes, p_bytes, 1, 'p/manifest.json', 'x') $$;

update backup.settings set project_ref = 'abcdefghijklmnopqrst' where id;
select matches(backup.strategy_report(), '^# Backup strategy\n\nOf project abcdefghijklmnopqrst, as of 20', 'strategy_report() says of what and when it is');
select matches(backup.strategy_report(), E'\n\\| primary \\| supabase \\| daily \\| 30 d \\|  \\| inconclusive: no access token \\|  \\|\n', 'strategy_report() says of backups by Supabase what is known');
select matches(backup.strategy_report(), E'\n\\| RPO \\| 1 h \\| not measured \\| unknown \\|', 'strategy_report() lists the objectives');
select matches(backup.strategy_report(), E'\n\\| holdfast-tick \\| \\* \\* \\* \\* \\* \\| no \\| 20', 'strategy_report() lists schedules with their next run');
select matches(backup.strategy_report(), 'There is nothing to estimate from', 'strategy_report() makes no estimate from nothing');
select doesnt_match(backup.strategy_report(), '## Warnings', 'strategy_report() has no warnings where there are none');
select count(*) from backup.enable();
update backup.policies set storage_class = 'DEEP_ARCHIVE' where tier = 'weekly';
do $$ begin perform pg_temp.run('20261101T000000Z-aaaaaa', 'weekly', '2026-11-01 03:00+00', 10000000000); end $$;
select matches(backup.strategy_report(), E'\n\\| secondary_weekly \\| aws_s3 \\| weekly, 0 1 \\* \\* 0 \\| 90 d \\| DEEP_ARCHIVE \\| on; newest 2026-11-01 03:00 \\| 20..-..-.. 01:00 \\|', 'strategy_report() shows what is on, its newest and its next run');
select matches(backup.strategy_report(), E'## Warnings\n\n- `secondary_weekly`: DEEP_ARCHIVE is billed for 180 days', 'strategy_report() warns');
select matches(backup.strategy_report(), E'\\| total \\|  \\|  \\|  \\| [0-9.]+ \\|  \\|\n\nAn estimate, not a bill: .* as of 20', 'strategy_report() estimates the cost, and says that it is an estimate and of when');

-- permissions
select function_privs_are('backup', 'strategy_report', array[]::text[], 'anon', '{}'::text[], 'strategy_report() is closed to anon');
select function_privs_are('backup', 'strategy_report', array[]::text[], 'authenticated', '{}'::text[], 'strategy_report() is closed to authenticated');

select * from finish();
rollback;
