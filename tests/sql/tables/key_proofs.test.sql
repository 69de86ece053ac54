-- Tests sql/tables/key_proofs.sql
begin;
select plan(7);

insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20250101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', '2025-01-01', now(), 'p/1/manifest.json', 'x');
create function pg_temp.prove(p_recipient text) returns void language sql as $$
  insert into backup.key_proofs (recipient, run_id, manifest_sha256, objects, bytes) values (p_recipient, '20250101T000000Z-aaaaaa', 'x', 1, 1) $$;

select isnt(obj_description('backup.key_proofs'::regclass), null, 'key_proofs has a comment');
select ok((select relrowsecurity from pg_class where oid = 'backup.key_proofs'::regclass), 'key_proofs has row level security');
select lives_ok($$ select pg_temp.prove('age1' || repeat('q', 58)) $$, 'key_proofs takes a public key');
select throws_ok($$ select pg_temp.prove('AGE-SECRET-KEY-1' || repeat('Q', 58)) $$, '23514', null, 'key_proofs rejects a private key');
delete from backup.runs where run_id = '20250101T000000Z-aaaaaa';
select is((select count(*)::integer from backup.key_proofs where run_id = '20250101T000000Z-aaaaaa'), 0, 'key_proofs goes with its run');
select table_privs_are('backup', 'key_proofs', 'anon', '{}'::text[], 'key_proofs is closed to anon');
select table_privs_are('backup', 'key_proofs', 'authenticated', '{}'::text[], 'key_proofs is closed to authenticated');

select * from finish();
rollback;
