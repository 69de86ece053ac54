-- Tests sql/functions/check_key_escrow.sql
begin;
select plan(13);

-- arrange: an empty ledger
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
create function pg_temp.recipient(p_letter text) returns text language sql as $$ select 'age1' || repeat(p_letter, 58) $$;
create function pg_temp.run(p_run_id text, variadic p_letters text[]) returns void language sql as $$
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256, age_recipients)
  select p_run_id, 'complete', 'weekly', 'sql', 'cli', 'p/', now(), now(), 'p/manifest.json', 'x', array(select pg_temp.recipient(l) from unnest(p_letters) l where l <> '') $$;
create function pg_temp.prove(p_run_id text, p_letter text, p_age interval) returns void language sql as $$
  insert into backup.key_proofs (recipient, run_id, manifest_sha256, objects, bytes, proven_at) values (pg_temp.recipient(p_letter), p_run_id, 'x', 3, 10, now() - p_age) $$;

select results_eq($$ select verdict::text, actual from backup.check_key_escrow() $$, $$ values ('skipped', 'no backup is encrypted') $$, 'check_key_escrow() skips where there is no backup');
do $$ begin perform pg_temp.run('20260101T000000Z-aaaaaa', ''); end $$;
select results_eq($$ select verdict::text from backup.check_key_escrow() $$, array['skipped'], 'check_key_escrow() skips backups that are not encrypted');

do $$ begin perform pg_temp.run('20260102T000000Z-aaaaaa', 'q'); end $$;
select results_eq($$ select verdict::text, subject, actual from backup.check_key_escrow() $$,
  $$ values ('inconclusive', 'recipient ' || pg_temp.recipient('q'), 'never proven; run holdfast verify-key --identity <file>') $$,
  'check_key_escrow() is inconclusive about a key nobody has tried, and says what to do');
do $$ begin perform pg_temp.prove('20260102T000000Z-aaaaaa', 'q', '100 days'); end $$;
select results_eq($$ select verdict::text, expected from backup.check_key_escrow() $$, $$ values ('failed', 'its identity opened a backup within 90 days') $$,
  'check_key_escrow() fails when the last proof is too old');
do $$ begin perform pg_temp.prove('20260102T000000Z-aaaaaa', 'q', '2 days'); end $$;
select results_eq($$ select verdict::text, actual, evidence ->> 'proven_run_id' from backup.check_key_escrow() $$, $$ values ('passed', 'proven 2 days ago', '20260102T000000Z-aaaaaa') $$,
  'check_key_escrow() passes a recent proof');
update backup.settings set key_proof_max_age = '1 day';
select results_eq($$ select verdict::text from backup.check_key_escrow() $$, array['failed'], 'check_key_escrow() takes its limit from the settings');
update backup.settings set key_proof_max_age = '90 days';

do $$ begin perform pg_temp.run('20260103T000000Z-aaaaaa', 'q'); end $$;
select results_eq($$ select verdict::text from backup.check_key_escrow() $$, array['passed'], 'check_key_escrow() counts a proof with an older backup of the same key');
do $$ begin perform pg_temp.run('20260104T000000Z-aaaaaa', 'q', 'z'); end $$;
select results_eq($$ select verdict::text, subject from backup.check_key_escrow() $$,
  $$ values ('passed', 'recipient ' || pg_temp.recipient('q')), ('inconclusive', 'recipient ' || pg_temp.recipient('z')) $$, 'check_key_escrow() wants a proof of each recipient');
do $$ begin perform pg_temp.run('20260105T000000Z-aaaaaa', 'z'); end $$;
select results_eq($$ select verdict::text, subject from backup.check_key_escrow() $$, $$ values ('inconclusive', 'recipient ' || pg_temp.recipient('z')) $$,
  'check_key_escrow() wants a new proof after a rotation');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message, age_recipients)
values ('20260106T000000Z-aaaaaa', 'failed', 'daily', 'sql', 'cli', 'p/', now(), 'HF008', 'x', array[pg_temp.recipient('p')]);
select is((select count(*)::integer from backup.check_key_escrow() where subject like '%ppp%'), 0, 'check_key_escrow() ignores runs that failed');
select ok((select 'check_key_escrow' in (select backup.verification_check_names())), 'check_key_escrow() is part of every verification');

-- permissions
select function_privs_are('backup', 'check_key_escrow', array[]::text[], 'anon', '{}'::text[], 'check_key_escrow() is closed to anon');
select function_privs_are('backup', 'check_key_escrow', array[]::text[], 'authenticated', '{}'::text[], 'check_key_escrow() is closed to authenticated');

select * from finish();
rollback;
