-- Tests sql/functions/policy_warnings.sql
begin;
select plan(10);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

select is_empty('select * from backup.policy_warnings()', 'policy_warnings() has nothing to say of the strategy as installed');
update backup.policies set storage_class = 'GLACIER_IR' where name = 'secondary_daily';
select results_eq('select policy_name, code, message from backup.policy_warnings()', $$ values ('secondary_daily', 'early_deletion',
  'GLACIER_IR is billed for 90 days at least; of runs deleted after 30.0 days the other 60.0 are paid for nothing: about 0.00789 USD per GB') $$,
  'policy_warnings() says what deleting early costs');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, stored_bytes, manifest_key, manifest_sha256)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now(), now(), 10000000000, 'p/1/manifest.json', 'x');
select matches((select message from backup.policy_warnings()), 'about 0.0789 USD for a run of the size of the newest', 'policy_warnings() says so for the size of the newest run');
update backup.policies set retention = '90 days' where name = 'secondary_daily';
select is_empty('select * from backup.policy_warnings()', 'policy_warnings() is silent at the minimum');
update backup.policies set storage_class = 'DEEP_ARCHIVE' where name = 'secondary_monthly';
select results_eq('select policy_name, code, message from backup.policy_warnings()', $$ values ('secondary_monthly', 'thaw_exceeds_rto',
  'a run in DEEP_ARCHIVE can be read after up to 12:00:00, which is longer than the RTO of 04:00:00') $$, 'policy_warnings() compares thawing with the RTO');
update backup.objectives set target = '1 day' where name = 'rto';
select is_empty('select * from backup.policy_warnings()', 'policy_warnings() is silent about an archive within the RTO');
update backup.policies set schedule = '0 1 * * 0' where name = 'secondary_daily';
select results_eq('select code, message from backup.policy_warnings()', $$ values ('schedule_too_rare', 'the schedule 0 1 * * 0 runs every 7.0 days on average, rarer than daily') $$,
  'policy_warnings() compares the schedule with the frequency');
update backup.policies set schedule = null, storage_class = null, retention = '6 days' where name = 'secondary_weekly';
select results_eq($$ select code from backup.policy_warnings() where policy_name = 'secondary_weekly' $$, array['kept_shorter_than_period'], 'policy_warnings() notices runs gone before the next');

-- permissions
select function_privs_are('backup', 'policy_warnings', array[]::text[], 'anon', '{}'::text[], 'policy_warnings() is closed to anon');
select function_privs_are('backup', 'policy_warnings', array[]::text[], 'authenticated', '{}'::text[], 'policy_warnings() is closed to authenticated');

select * from finish();
rollback;
