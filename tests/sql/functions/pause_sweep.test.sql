-- Tests sql/functions/pause_sweep.sql
begin;
select plan(15);

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
select function_returns('backup', 'pause_sweep', array['text', 'uuid', 'bigint', 'bigint', 'timestamp with time zone', 'text', 'text'], 'void', 'pause_sweep() returns nothing');
select isnt(obj_description('backup.pause_sweep(text,uuid,bigint,bigint,timestamptz,text,text)'::regprocedure), null, 'pause_sweep() has a comment');

-- behaviour
select throws_ok($$ select backup.pause_sweep('20260102T010000Z-bbbbbb', gen_random_uuid(), 1, 1) $$, 'HF602', null, 'pause_sweep() rejects a claim that is not held with HF602');
select lives_ok('select backup.pause_sweep(run_id, claim_id, 5, 500) from held', 'pause_sweep() gives a run back');
select results_eq('select claim_id is null, objects_deleted, bytes_deleted, not_before from backup.retention_marks', $$ values (true, 5::bigint, 500::bigint, '-infinity'::timestamptz) $$, 'pause_sweep() lets the next process go on at once');
select is_empty('select from backup.alerts', 'pause_sweep() raises nothing when only time was up');
drop table held;
create temporary table held as select * from backup.claim_sweep('2026-03-04Z', '100 years');
select lives_ok($$ select backup.pause_sweep(run_id, claim_id, 1, 10, '2026-06-01 12:00Z') from held $$, 'pause_sweep() records a lock');
select results_eq('select locked_until, not_before, objects_deleted from backup.retention_marks', $$ values ('2026-06-01 12:00Z'::timestamptz, '2026-06-01 12:00Z'::timestamptz, 6::bigint) $$, 'pause_sweep() has nobody try before it ends');
select results_eq('select cause, severity, message from backup.alerts', $$ values ('retention_blocked', 'warning', 'retention cannot delete: 1 locked, at the longest until 2026-06-01 12:00 UTC') $$, 'pause_sweep() raises an alert with its date');
update backup.retention_marks set not_before = '-infinity';
drop table held;
create temporary table held as select * from backup.claim_sweep('2026-03-04Z', '100 years');
select lives_ok($$ select backup.pause_sweep(run_id, claim_id, 0, 0, null, 'HF202', 'access denied') from held $$, 'pause_sweep() records an error');
select results_eq('select locked_until, error_code, error_message, not_before > now() from backup.retention_marks', $$ values (null::timestamptz, 'HF202', 'access denied', true) $$, 'pause_sweep() waits a while after an error');
select is((select message from backup.alerts), 'retention cannot delete: 1 refused by the storage', 'pause_sweep() tells so in the same alert');

-- permissions
select function_privs_are('backup', 'pause_sweep', array['text', 'uuid', 'bigint', 'bigint', 'timestamp with time zone', 'text', 'text'], 'anon', array[]::text[], 'anon may not execute pause_sweep()');
select function_privs_are('backup', 'pause_sweep', array['text', 'uuid', 'bigint', 'bigint', 'timestamp with time zone', 'text', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute pause_sweep()');
select function_privs_are('backup', 'pause_sweep', array['text', 'uuid', 'bigint', 'bigint', 'timestamp with time zone', 'text', 'text'], 'service_role', array[]::text[], 'service_role may not execute pause_sweep()');

select * from finish();
rollback;
