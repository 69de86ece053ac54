-- Tests sql/functions/cancel_run.sql
begin;
select plan(6);

insert into backup.runs (run_id, tier, trigger, engine, object_prefix)
values ('20260101T000000Z-aaaaaa', 'daily', 'sql', 'cli', 'p/');

select function_returns('backup', 'cancel_run', array['text'], 'boolean', 'cancel_run() says whether it ended the run');
select is(backup.cancel_run('20260101T000000Z-aaaaaa'), true, 'cancel_run() ends an active run');
select results_eq(
  $$ select state::text, failure_code from backup.runs where run_id = '20260101T000000Z-aaaaaa' $$,
  $$ values ('failed', 'HF008') $$, 'cancel_run() records HF008');
select is(backup.cancel_run('20260101T000000Z-aaaaaa'), false, 'cancel_run() leaves an ended run alone');
select is(backup.cancel_run('20260101T000000Z-bbbbbb'), false, 'cancel_run() returns false for an unknown run');
select function_privs_are('backup', 'cancel_run', array['text'], 'service_role', array[]::text[],
  'service_role may not execute cancel_run()');

select * from finish();
rollback;
