-- Tests sql/functions/claim_sweep.sql
begin;
select plan(14);

-- arrange
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.settings set retention_minimum = 1, retention_grace = '2 days';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T010000Z-aaaaaa', 'complete', 'daily', 'sql', 'cli', 'p/a/', '2026-01-01 01:00Z', '2026-01-01 01:00Z', 'p/a/manifest.json', 's'),
       ('20260102T010000Z-bbbbbb', 'complete', 'daily', 'sql', 'cli', 'p/b/', '2026-01-02 01:00Z', '2026-01-02 01:00Z', 'p/b/manifest.json', 's'),
       ('20260103T010000Z-cccccc', 'complete', 'daily', 'sql', 'cli', 'p/c/', '2026-01-03 01:00Z', '2026-01-03 01:00Z', 'p/c/manifest.json', 's');
do $$ begin perform backup.mark_expired('2027-06-01Z'); end $$;

-- contract
select function_returns('backup', 'claim_sweep', array['timestamp with time zone', 'interval'], 'setof record', 'claim_sweep() returns a claim');
select isnt(obj_description('backup.claim_sweep(timestamptz,interval)'::regprocedure), null, 'claim_sweep() has a comment');

-- behaviour
select is_empty($$ select * from backup.claim_sweep('2027-06-02 23:59Z') $$, 'claim_sweep() waits for the end of the grace period');
select results_eq($$ select run_id, object_prefix from backup.claim_sweep('2027-06-03Z', '5 minutes') $$, $$ values ('20260101T010000Z-aaaaaa', 'p/a/') $$, 'claim_sweep() then takes the first run');
select is((select state::text from backup.runs where run_id like '%aaaaaa'), 'complete', 'claim_sweep() changes nothing about the run');
select results_eq($$ select run_id from backup.claim_sweep('2027-06-03Z', '5 minutes') $$, array['20260102T010000Z-bbbbbb'], 'claim_sweep() gives a run to one process');
select is_empty($$ select * from backup.claim_sweep('2027-06-03Z') $$, 'claim_sweep() returns nothing when all are held');
select results_eq($$ select run_id from backup.claim_sweep('2027-06-03 00:05Z') $$, array['20260101T010000Z-aaaaaa'], 'claim_sweep() takes over when a lease has ended');
update backup.retention_marks set claim_id = null, lease_until = null, not_before = '2027-07-01Z';
select is_empty($$ select * from backup.claim_sweep('2027-06-30Z') $$, 'claim_sweep() leaves a locked run alone until its lock ends');
update backup.retention_marks set swept_at = now() where run_id like '%aaaaaa';
select results_eq($$ select run_id from backup.claim_sweep('2027-07-01Z') $$, array['20260102T010000Z-bbbbbb'], 'claim_sweep() takes no run twice');
update backup.retention_marks set claim_id = null, lease_until = null;
insert into backup.drills (run_id, trigger) values ('20260102T010000Z-bbbbbb', 'sql');
select is_empty($$ select * from backup.claim_sweep('2027-07-01Z') $$, 'claim_sweep() leaves a run alone while a drill restores it');

-- permissions
select function_privs_are('backup', 'claim_sweep', array['timestamp with time zone', 'interval'], 'anon', array[]::text[], 'anon may not execute claim_sweep()');
select function_privs_are('backup', 'claim_sweep', array['timestamp with time zone', 'interval'], 'authenticated', array[]::text[], 'authenticated may not execute claim_sweep()');
select function_privs_are('backup', 'claim_sweep', array['timestamp with time zone', 'interval'], 'service_role', array[]::text[], 'service_role may not execute claim_sweep()');

select * from finish();
rollback;
