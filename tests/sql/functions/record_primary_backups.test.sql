-- Tests sql/functions/record_primary_backups.sql
begin;
select plan(8);

delete from backup.primary_backups;
set local timezone = 'Asia/Kolkata';
select isnt(backup.record_primary_backups('p', '{"region": "eu-west-1", "walg_enabled": true, "pitr_enabled": true, "extra": 1,
  "backups": [{"id": 1, "is_physical_backup": true, "status": "COMPLETED", "inserted_at": "2026-11-20T03:00:00.000Z"},
              {"id": 2, "is_physical_backup": true, "status": "FAILED", "inserted_at": "2026-11-23T03:00:00.000Z"},
              {"id": 3, "is_physical_backup": true, "status": "COMPLETED", "inserted_at": "2026-11-22T03:00:00"}],
  "physical_backup_data": {"earliest_physical_backup_date_unix": 1764000000, "latest_physical_backup_date_unix": 1764003600}}'), null, 'record_primary_backups() returns its id');
select results_eq($$ select region, walg_enabled, pitr_enabled, completed, newest_at, oldest_at, pitr_earliest, pitr_latest from backup.primary_backups $$,
  $$ values ('eu-west-1', true, true, 2, '2026-11-22 03:00+00'::timestamptz, '2026-11-20 03:00+00'::timestamptz, to_timestamp(1764000000), to_timestamp(1764003600)) $$,
  'record_primary_backups() keeps what was answered, times without a zone in UTC');
select is((select backups -> 0 ->> 'status' from backup.primary_backups), 'FAILED', 'record_primary_backups() keeps the list, newest first');
select lives_ok($$ select backup.record_primary_backups('p', '{"region": "x", "walg_enabled": true, "pitr_enabled": false, "backups": [], "physical_backup_data": {"latest_physical_backup_date_unix": 0}}') $$,
  'record_primary_backups() takes an answer without backups');
select results_eq('select completed, newest_at, pitr_latest, backups from backup.primary_backups order by look_id desc limit 1', $$ values (0, null::timestamptz, null::timestamptz, '[]'::jsonb) $$,
  'record_primary_backups() finds none in it');
do $$ begin perform backup.record_primary_backups('p', null, 'unanswered', 'the API is away'); end $$;
select results_eq('select outcome, reason, backups from backup.primary_backups order by look_id desc limit 1', $$ values ('unanswered', 'the API is away', null::jsonb) $$,
  'record_primary_backups() keeps why there was no answer');

-- permissions
select function_privs_are('backup', 'record_primary_backups', array['text', 'jsonb', 'text', 'text']::text[], 'anon', '{}'::text[], 'record_primary_backups() is closed to anon');
select function_privs_are('backup', 'record_primary_backups', array['text', 'jsonb', 'text', 'text']::text[], 'authenticated', '{}'::text[], 'record_primary_backups() is closed to authenticated');

select * from finish();
rollback;
