-- Tests sql/functions/claim_keeper.sql
begin;
select plan(12);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'functions', 'x/');
select cron.schedule('holdfast-keeper-20260101T000000Z-00000a', '* * * * *', 'select 1') > 0 as scheduled;

-- contract
select function_returns('backup', 'claim_keeper', array['text'], 'void', 'claim_keeper() returns void');
select isnt(obj_description('backup.claim_keeper(text)'::regprocedure), null, 'claim_keeper() has a comment');

-- behaviour
select throws_ok($$ select backup.claim_keeper('20260101T000000Z-00000b') $$, 'HF005', null, 'claim_keeper() rejects an unknown run with HF005');
select backup.claim_keeper('20260101T000000Z-00000a');
select results_eq('select keeper_pid, keeper_backend_start from backup.runs',
  'select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()', 'claim_keeper() records the server process and its start');
select ok((select keeper_claimed_at >= now() and keeper_claimed_at <= clock_timestamp() from backup.runs), 'claim_keeper() records when');
select ok((select snapshot_lsn <= pg_current_wal_lsn() and snapshot_lsn > '0/0' from backup.runs), 'claim_keeper() records a log position that is not ahead');
select is((select count(*)::integer from cron.job where jobname like 'holdfast-keeper-%'), 1, 'claim_keeper() leaves its schedule alone, since pg_cron lets go of jobs that lose it while they run');
select throws_ok($$ select backup.claim_keeper('20260101T000000Z-00000a') $$, 'HF005', null, 'claim_keeper() rejects a second keeper with HF005');
update backup.runs set keeper_pid = null, state = 'exporting';
select throws_ok($$ select backup.claim_keeper('20260101T000000Z-00000a') $$, 'HF005', null, 'claim_keeper() rejects a run that is past starting with HF005');

-- permissions
select function_privs_are('backup', 'claim_keeper', array['text'], 'anon', array[]::text[], 'anon may not execute claim_keeper()');
select function_privs_are('backup', 'claim_keeper', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute claim_keeper()');
select function_privs_are('backup', 'claim_keeper', array['text'], 'service_role', array[]::text[], 'service_role may not execute claim_keeper()');

select * from finish();
rollback;
