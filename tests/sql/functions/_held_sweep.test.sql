-- Tests sql/functions/_held_sweep.sql
begin;
select plan(8);

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
select function_returns('backup', '_held_sweep', array['text', 'uuid'], 'void', '_held_sweep() returns nothing');
select isnt(obj_description('backup._held_sweep(text,uuid)'::regprocedure), null, '_held_sweep() has a comment');

-- behaviour
select lives_ok('select backup._held_sweep(run_id, claim_id) from held', '_held_sweep() accepts the claim');
select throws_ok('select backup._held_sweep(run_id, gen_random_uuid()) from held', 'HF602', 'run 20260102T010000Z-bbbbbb is not held for deletion by this process', '_held_sweep() rejects another with HF602');
select throws_ok($$ select backup._held_sweep('nothing', claim_id) from held $$, 'HF602', null, '_held_sweep() rejects an unknown run with HF602');

-- permissions
select function_privs_are('backup', '_held_sweep', array['text', 'uuid'], 'anon', array[]::text[], 'anon may not execute _held_sweep()');
select function_privs_are('backup', '_held_sweep', array['text', 'uuid'], 'authenticated', array[]::text[], 'authenticated may not execute _held_sweep()');
select function_privs_are('backup', '_held_sweep', array['text', 'uuid'], 'service_role', array[]::text[], 'service_role may not execute _held_sweep()');

select * from finish();
rollback;
