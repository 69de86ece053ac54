-- Tests sql/functions/finish_sweep.sql
begin;
select plan(13);

-- arrange
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.settings set retention_minimum = 1, retention_grace = '2 days';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T010000Z-aaaaaa', 'complete', 'daily', 'sql', 'cli', 'p/a/', '2026-01-01 01:00Z', '2026-01-01 01:00Z', 'p/a/manifest.json', 's'),
       ('20260102T010000Z-bbbbbb', 'complete', 'daily', 'sql', 'cli', 'p/b/', '2026-01-02 01:00Z', '2026-01-02 01:00Z', 'p/b/manifest.json', 's'),
       ('20260103T010000Z-cccccc', 'complete', 'daily', 'sql', 'cli', 'p/c/', '2026-01-03 01:00Z', '2026-01-03 01:00Z', 'p/c/manifest.json', 's');
do $$ begin perform backup.mark_expired('2026-03-01Z'); end $$;
create temporary table held as select * from backup.claim_sweep('2026-03-04Z', '100 years');
update backup.runs set state = 'expired' where run_id like '%bbbbbb';
update backup.retention_marks set error_code = 'HF202', error_message = 'x', objects_deleted = 1, bytes_deleted = 10;
select isnt(backup.raise_alert('retention_blocked', 'warning', 'x'), null, 'finish_sweep() meets an alert of before');

-- contract
select function_returns('backup', 'finish_sweep', array['text', 'uuid', 'bigint', 'bigint'], 'void', 'finish_sweep() returns nothing');
select isnt(obj_description('backup.finish_sweep(text,uuid,bigint,bigint)'::regprocedure), null, 'finish_sweep() has a comment');

-- behaviour
select throws_ok($$ select backup.finish_sweep('20260102T010000Z-bbbbbb', gen_random_uuid(), 1, 1) $$, 'HF602', null, 'finish_sweep() rejects a claim that is not held with HF602');
select lives_ok('select backup.finish_sweep(run_id, claim_id, 5, 500) from held', 'finish_sweep() accepts the end');
select results_eq('select swept_at is not null, claim_id is null, error_code, objects_deleted, bytes_deleted from backup.retention_marks', $$ values (true, true, null::text, 6::bigint, 510::bigint) $$, 'finish_sweep() adds up what was deleted');
select is((select objects_deleted_at is not null from backup.runs where run_id like '%bbbbbb'), true, 'finish_sweep() records that nothing is left');
select is_empty($$ select from backup.retention_plan('2026-03-04Z') where run_id like '%bbbbbb' $$, 'finish_sweep() takes the run from the plan');
select is_empty('select from backup.alerts where resolved_at is null', 'finish_sweep() resolves the alert');
select throws_ok('select backup.finish_sweep(run_id, claim_id, 5, 500) from held', 'HF602', null, 'finish_sweep() ends a claim once');

-- permissions
select function_privs_are('backup', 'finish_sweep', array['text', 'uuid', 'bigint', 'bigint'], 'anon', array[]::text[], 'anon may not execute finish_sweep()');
select function_privs_are('backup', 'finish_sweep', array['text', 'uuid', 'bigint', 'bigint'], 'authenticated', array[]::text[], 'authenticated may not execute finish_sweep()');
select function_privs_are('backup', 'finish_sweep', array['text', 'uuid', 'bigint', 'bigint'], 'service_role', array[]::text[], 'service_role may not execute finish_sweep()');

select * from finish();
rollback;
