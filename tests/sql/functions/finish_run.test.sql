-- Tests sql/functions/finish_run.sql
begin;
select plan(18);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'functions', 'x/');
insert into backup.run_tables (run_id, schema_name, table_name, relid, status, columns, rows, fingerprint) values
  ('20260101T000000Z-00000a', 'app', 'a', 1, 'exported', '{id}', 5, '00'), ('20260101T000000Z-00000a', 'app', 'b', 2, 'exported', '{id}', 7, '00');
insert into backup.chunks (run_id, chunk_no, kind, state, claim_id, lease_until, done_at, raw_bytes, stored_bytes) values
  ('20260101T000000Z-00000a', 1, 'globals', 'done', null, null, now(), 1000, 100), ('20260101T000000Z-00000a', 2, 'sequences', 'done', null, null, now(), null, 20),
  ('20260101T000000Z-00000a', 3, 'globals', 'replaced', null, null, null, 5000, 5000), ('20260101T000000Z-00000a', 4, 'manifest', 'claimed', '00000000-0000-0000-0000-00000000000a', now() + interval '1 hour', null, null, null);
delete from backup.alerts;
select backup.raise_alert('export_failed', 'critical', 'm') > 0 and backup.raise_alert('verification_failed', 'critical', 'm') > 0 as raised;
select cron.schedule('holdfast-keeper-20260101T000000Z-00000a', '* * * * *', 'select 1') > 0 as scheduled;
create function pg_temp.finish(p_claim uuid default '00000000-0000-0000-0000-00000000000a') returns void language sql as $$
  select backup.finish_run('20260101T000000Z-00000a', p_claim, 4, '{"key": "x/manifest.json", "sha256": "abc", "bytes": 3, "archived": true}') $$;

-- contract
select function_returns('backup', 'finish_run', array['text', 'uuid', 'integer', 'jsonb'], 'void', 'finish_run() returns void');
select isnt(obj_description('backup.finish_run(text,uuid,integer,jsonb)'::regprocedure), null, 'finish_run() has a comment');

-- behaviour
select throws_ok('select pg_temp.finish(' || quote_literal('00000000-0000-0000-0000-00000000000b') || ')', 'HF004', null, 'finish_run() rejects a claim that is not held with HF004');
insert into backup.chunks (run_id, chunk_no, kind) values ('20260101T000000Z-00000a', 5, 'globals');
select throws_ok('select pg_temp.finish()', 'HF304', null, 'finish_run() rejects a run with a chunk to do with HF304');
update backup.chunks set state = 'claimed', claim_id = '00000000-0000-0000-0000-00000000000b', lease_until = now() where chunk_no = 5;
select throws_ok('select pg_temp.finish()', 'HF304', null, 'finish_run() rejects a run with a chunk in work with HF304');
select is((select state::text from backup.runs), 'exporting', 'finish_run() then leaves the run as it was');
select is((select count(*) from backup.alerts where resolved_at is null), 2::bigint, 'finish_run() resolves no alert while it refuses');
delete from backup.chunks where chunk_no = 5;
select lives_ok('select pg_temp.finish()', 'finish_run() succeeds when every other chunk is done');
select results_eq('select state::text, finished_at >= now(), manifest_key, manifest_sha256, archived, rows, raw_bytes, stored_bytes from backup.runs',
  $$ values ('complete', true, 'x/manifest.json', 'abc', true, 12::bigint, 1000::bigint, 123::bigint) $$, 'finish_run() makes the run a restore point with its totals and where its rows are');
select results_eq('select state::text, object_key, sha256 from backup.chunks where chunk_no = 4', $$ values ('done', 'x/manifest.json', 'abc') $$, 'finish_run() completes the manifest');
select is((select count(*)::integer from cron.job where jobname like 'holdfast-keeper-%'), 0, 'finish_run() removes the schedule of the keeper');
select results_eq('select cause from backup.alerts where resolved_at is null', array['verification_failed'], 'finish_run() resolves export_failed and no other alert');
select is_empty($$ select from backup.alert_deliveries where content ->> 'subject' = '20260101T000000Z-00000a' $$, 'finish_run() sends no heartbeat for a run that somebody started');
select throws_ok('select pg_temp.finish()', 'HF003', null, 'finish_run() rejects a run that has ended with HF003');
update backup.runs set state = 'exporting', finished_at = null, manifest_key = null, manifest_sha256 = null, trigger = 'schedule';
update backup.chunks set state = 'claimed', done_at = null, claim_id = '00000000-0000-0000-0000-00000000000a', lease_until = now() + interval '1 hour' where chunk_no = 4;
do $$ begin perform pg_temp.finish(); end $$;
select results_eq($$ select event, channel, state from backup.alert_deliveries where content ->> 'subject' = '20260101T000000Z-00000a' $$,
  $$ values ('heartbeat', 'heartbeat_export', 'pending') $$, 'finish_run() sends a heartbeat after a scheduled one');

-- permissions
select function_privs_are('backup', 'finish_run', array['text', 'uuid', 'integer', 'jsonb'], 'anon', array[]::text[], 'anon may not execute finish_run()');
select function_privs_are('backup', 'finish_run', array['text', 'uuid', 'integer', 'jsonb'], 'authenticated', array[]::text[], 'authenticated may not execute finish_run()');
select function_privs_are('backup', 'finish_run', array['text', 'uuid', 'integer', 'jsonb'], 'service_role', array[]::text[], 'service_role may not execute finish_run()');

select * from finish();
rollback;
