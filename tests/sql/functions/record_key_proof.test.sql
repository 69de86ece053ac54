-- Tests sql/functions/record_key_proof.sql
begin;
select plan(10);

-- arrange: one encrypted backup
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
create function pg_temp.recipient(p_letter text) returns text language sql as $$ select 'age1' || repeat(p_letter, 58) $$;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256, age_recipients)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', '2026-01-01', now(), 'p/1/manifest.json', 'x', array[pg_temp.recipient('q')]);
create function pg_temp.proof(p_change jsonb default '{}') returns jsonb language sql as $$
  select jsonb_build_object('run_id', '20260101T000000Z-aaaaaa', 'recipient', pg_temp.recipient('q'), 'manifest_sha256', 'x', 'objects', 3, 'bytes', 4711) || p_change $$;

select function_returns('backup', 'record_key_proof', array['jsonb'], 'uuid', 'record_key_proof() returns an id');
select isnt(obj_description('backup.record_key_proof(jsonb)'::regprocedure), null, 'record_key_proof() has a comment');
select lives_ok($$ select backup.record_key_proof(pg_temp.proof()) $$, 'record_key_proof() takes a proof');
select results_eq($$ select recipient, run_id, manifest_sha256, objects, bytes from backup.key_proofs $$,
  $$ values (pg_temp.recipient('q'), '20260101T000000Z-aaaaaa', 'x', 3, 4711::bigint) $$, 'record_key_proof() records what was opened');

-- errors
select throws_ok($$ select backup.record_key_proof(pg_temp.proof('{"run_id": "20000101T000000Z-000000"}')) $$, 'HF001', null, 'record_key_proof() rejects a run of another ledger with HF001');
select throws_ok($$ select backup.record_key_proof(pg_temp.proof('{"manifest_sha256": "y"}')) $$, 'HF704', null, 'record_key_proof() rejects another manifest with HF704');
select throws_ok($$ select backup.record_key_proof(pg_temp.proof(jsonb_build_object('recipient', pg_temp.recipient('z')))) $$, 'HF704', null,
  'record_key_proof() rejects a recipient the backup does not have with HF704');
select throws_ok($$ select backup.record_key_proof(pg_temp.proof('{"objects": 0}')) $$, '23514', null, 'record_key_proof() rejects a proof of nothing');

-- permissions
select function_privs_are('backup', 'record_key_proof', array['jsonb'], 'anon', '{}'::text[], 'record_key_proof() is closed to anon');
select function_privs_are('backup', 'record_key_proof', array['jsonb'], 'authenticated', '{}'::text[], 'record_key_proof() is closed to authenticated');

select * from finish();
rollback;
