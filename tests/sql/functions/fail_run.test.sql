-- Tests sql/functions/fail_run.sql
begin;
select plan(20);

-- arrange
delete from backup.runs;
delete from backup.alerts;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'functions', 'x/');
select cron.schedule('holdfast-keeper-20260101T000000Z-00000a', '* * * * *', 'select 1') > 0 as scheduled;

-- contract
select function_returns('backup', 'fail_run', array['text', 'text', 'text', 'text'], 'boolean', 'fail_run() returns boolean');
select isnt(obj_description('backup.fail_run(text,text,text,text)'::regprocedure), null, 'fail_run() has a comment');

-- behaviour
select is(backup.fail_run('20260101T000000Z-00000a', 'HF210', 'first', 'why'), true, 'fail_run() says that it ended the run');
select results_eq('select state::text, failure_code, failure_message, failure_detail, finished_at >= now() from backup.runs',
  $$ values ('failed', 'HF210', 'first', 'why', true) $$, 'fail_run() records the reason');
select is((select count(*)::integer from cron.job where jobname like 'holdfast-keeper-%'), 0, 'fail_run() removes the schedule of the keeper');
select is(backup.fail_run('20260101T000000Z-00000a', 'HF300', 'second'), false, 'fail_run() says that the run had ended');
select is((select failure_message from backup.runs), 'first', 'fail_run() keeps the first reason');
select results_eq('select cause, severity, message, occurrences, details, resolved_at from backup.alerts',
  $$ values ('export_failed', 'critical', 'export failed: HF210 first', 1, '{"run_id": "20260101T000000Z-00000a", "code": "HF210"}'::jsonb, null::timestamptz) $$,
  'fail_run() raises one critical alert, and none for what comes after the first reason');
select is_empty($$ select from backup.alerts a where a::text like '%why%' $$, 'fail_run() keeps the detail out of the alert');
update backup.runs set state = 'complete', failure_code = null, failure_message = null, failure_detail = null, manifest_key = 'k', manifest_sha256 = 's';
select is(backup.fail_run('20260101T000000Z-00000a', 'HF300', 'late'), false, 'fail_run() never takes a restore point back');
update backup.runs set state = 'exporting', finished_at = null, manifest_key = null, manifest_sha256 = null;
select is(backup.fail_run('20260101T000000Z-00000a', '53100', 'disk full'), true, 'fail_run() ends a run that is exporting');
select is((select failure_detail from backup.runs), null, 'fail_run() needs no detail');
select results_eq('select message, occurrences from backup.alerts', $$ values ('export failed: 53100 disk full', 2) $$, 'fail_run() counts another failure in the open alert');
update backup.runs set state = 'exporting', finished_at = null, failure_code = null, failure_message = null;
select is(backup.fail_run('20260101T000000Z-00000a', 'HF008', 'run was cancelled'), true, 'fail_run() ends a run at the wish of a person');
select is((select severity from backup.alerts), 'warning', 'fail_run() does not call that critical');
select results_eq($$ select p.proname::text collate "C" from pg_proc p where p.pronamespace = 'backup'::regnamespace and p.prosrc ~ 'update backup\.runs[^;]*\mset state = ''failed''' $$,
  $$ values ('fail_run' collate "C") $$, 'fail_run() is the only way a run fails, so none goes without its alert');
select is(backup.fail_run('20260101T000000Z-00000b', 'HF300', 'x'), false, 'fail_run() returns false for an unknown run');

-- permissions
select function_privs_are('backup', 'fail_run', array['text', 'text', 'text', 'text'], 'anon', array[]::text[], 'anon may not execute fail_run()');
select function_privs_are('backup', 'fail_run', array['text', 'text', 'text', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute fail_run()');
select function_privs_are('backup', 'fail_run', array['text', 'text', 'text', 'text'], 'service_role', array[]::text[], 'service_role may not execute fail_run()');

select * from finish();
rollback;
