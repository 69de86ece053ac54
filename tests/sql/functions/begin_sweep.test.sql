-- Tests sql/functions/begin_sweep.sql
begin;
select plan(16);

-- arrange
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.settings set retention_minimum = 1, retention_grace = '2 days';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T010000Z-aaaaaa', 'complete', 'daily', 'sql', 'cli', 'p/a/', '2026-01-01 01:00Z', '2026-01-01 01:00Z', 'p/a/manifest.json', 's'),
       ('20260102T010000Z-bbbbbb', 'complete', 'daily', 'sql', 'cli', 'p/b/', '2026-01-02 01:00Z', '2026-01-02 01:00Z', 'p/b/manifest.json', 's'),
       ('20260103T010000Z-cccccc', 'complete', 'daily', 'sql', 'cli', 'p/c/', '2026-01-03 01:00Z', '2026-01-03 01:00Z', 'p/c/manifest.json', 's');
do $$ begin perform backup.mark_expired('2026-03-01Z'); end $$;
create temporary table held as select * from backup.claim_sweep('2026-03-04Z', '100 years');

-- contract
select function_returns('backup', 'begin_sweep', array['text', 'uuid', 'timestamp with time zone'], 'boolean', 'begin_sweep() returns boolean');
select isnt(obj_description('backup.begin_sweep(text,uuid,timestamptz)'::regprocedure), null, 'begin_sweep() has a comment');

-- behaviour
select is((select run_id from held), '20260102T010000Z-bbbbbb', 'begin_sweep() is asked about a run that is held');
select throws_ok($$ select backup.begin_sweep('20260102T010000Z-bbbbbb', gen_random_uuid(), '2026-03-04Z') $$, 'HF602', null, 'begin_sweep() rejects a claim that is not held with HF602');
select is((select backup.begin_sweep(h.run_id, h.claim_id, '2026-03-04Z') from held h), true, 'begin_sweep() agrees with the plan');
select is((select state::text from backup.runs where run_id like '%bbbbbb'), 'expired', 'begin_sweep() makes the run expired');
select is_empty($$ select from backup.restore_points where run_id like '%bbbbbb' $$, 'begin_sweep() takes it from the restore points');
select is((select backup.begin_sweep(h.run_id, h.claim_id, '2026-03-04Z') from held h), true, 'begin_sweep() agrees again after a death');
update backup.runs set state = 'complete' where run_id like '%bbbbbb';
update backup.policies set retention = '10 years' where name = 'secondary_daily';
select is((select backup.begin_sweep(h.run_id, h.claim_id, '2026-03-04Z') from held h), false, 'begin_sweep() refuses a run that is to be kept by now');
select is((select state::text from backup.runs where run_id like '%bbbbbb'), 'complete', 'begin_sweep() then leaves the run a restore point');
select is_empty('select from backup.retention_marks', 'begin_sweep() then takes the mark back');

update backup.policies set retention = '1 day' where name = 'secondary_daily';
do $$ begin perform backup.mark_expired('2026-03-01Z'); end $$;
delete from held;
insert into held select * from backup.claim_sweep('2026-03-04Z', '100 years');
insert into backup.drills (run_id, trigger, engine, state) select run_id, 'sql', 'functions', 'running' from held;
select is((select backup.begin_sweep(h.run_id, h.claim_id, '2026-03-04Z') from held h), false, 'begin_sweep() refuses a run that a drill has begun to restore since it was claimed');
select is_empty($$ select from backup.runs where state = 'expired' $$, 'begin_sweep() then leaves the run a restore point, too');

-- permissions
select function_privs_are('backup', 'begin_sweep', array['text', 'uuid', 'timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute begin_sweep()');
select function_privs_are('backup', 'begin_sweep', array['text', 'uuid', 'timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute begin_sweep()');
select function_privs_are('backup', 'begin_sweep', array['text', 'uuid', 'timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute begin_sweep()');

select * from finish();
rollback;
