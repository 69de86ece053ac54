-- Tests sql/functions/start_verification.sql
begin;
select plan(9);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', '2026-01-01', now(), 'p/1/manifest.json', 'x'),
       ('20260301T000000Z-cccccc', 'complete', 'weekly', 'sql', 'cli', 'p/3/', '2026-03-01', now(), 'p/3/manifest.json', 'x');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, failure_code, failure_message)
values ('20260401T000000Z-dddddd', 'failed', 'weekly', 'sql', 'cli', 'p/4/', '2026-04-01', now(), 'HF300', 'snapshot lost');
create temp table t as select backup.start_verification('sql') as id;

select is((select run_id from backup.verifications v join t on t.id = v.verification_id), '20260301T000000Z-cccccc',
  'start_verification() examines the newest complete run');
select is((select v.verdict from backup.verifications v join t on t.id = v.verification_id), null, 'start_verification() leaves the verdict open');
select is((select trigger from backup.verifications v join t on t.id = v.verification_id), 'sql', 'start_verification() records who asked');
select set_eq($$ select check_name from backup.verification_checks c join t on t.id = c.verification_id $$,
  $$ select backup.verification_check_names() $$, 'start_verification() expects an answer of every check');
select is((select count(*) from backup.verification_checks c join t on t.id = c.verification_id where c.state <> 'pending'), 0::bigint,
  'start_verification() leaves every check pending');
select throws_ok($$ select backup.start_verification('cosmos') $$, '23514', null, 'start_verification() rejects an unknown trigger');
delete from backup.runs where state = 'complete';
select is((select v.run_id from backup.verifications v where v.verification_id = (select backup.start_verification('sql'))), null,
  'start_verification() starts without a restore point too');

-- permissions
select function_privs_are('backup', 'start_verification', array['text']::text[], 'anon', '{}'::text[], 'start_verification() is closed to anon');
select function_privs_are('backup', 'start_verification', array['text']::text[], 'authenticated', '{}'::text[], 'start_verification() is closed to authenticated');

select * from finish();
rollback;
