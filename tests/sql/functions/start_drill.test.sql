-- Tests sql/functions/start_drill.sql
begin;
select plan(35);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.drills; delete from backup.verifications; delete from backup.runs;
update backup.settings set external_clock = true, lease_seconds = 60, max_attempts = 2, drill_timeout = '1 hour', drill_window = '90 days', drill_from = 'latest';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256) values
  ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now() - interval '10 days', now(), 'p/1/manifest.json', 'sha-a'),
  ('20260102T000000Z-bbbbbb', 'complete', 'weekly', 'sql', 'cli', 'p/2/', now() - interval '2 days', now(), 'p/2/manifest.json', 'sha-b');

-- contract
select function_returns('backup', 'start_drill', array['text', 'text'], 'uuid', 'start_drill() returns uuid');
select isnt(obj_description('backup.start_drill(text, text)'::regprocedure), null, 'start_drill() has a comment');

-- behaviour
select isnt(backup.start_drill('sql'), null, 'start_drill() returns the id of the drill');
select results_eq('select run_id, trigger, engine, target, selection, state, manifest_sha256, verdict from backup.drills',
  $$ values ('20260102T000000Z-bbbbbb', 'sql', 'functions', 'scratch', 'latest', 'running', 'sha-b', null::backup.verdict) $$, 'start_drill() takes the newest restore point and remembers its manifest');
select is((select scratch_database from backup.drills), (select format('holdfast_drill_%s_%s', b.oid, replace(d.drill_id::text, '-', ''))
  from backup.drills d, pg_database b where b.datname = current_database()), 'start_drill() names the scratch database after this database and the drill');
select results_eq('select step_no, kind, phase, state from backup.drill_steps', $$ values (1, 'begin', 'check', 'pending') $$, 'start_drill() leaves the first step to a worker');
select throws_ok($$ select backup.start_drill('sql') $$, 'HF507', null, 'start_drill() rejects a second drill with HF507');
update backup.drills set started_at = now() - interval '2 hours';
select lives_ok($$ select backup.start_drill('sql', '20260101T000000Z-aaaaaa') $$, 'start_drill() is not held up by a drill that never ended');
select results_eq($$ select run_id, selection from backup.drills where state = 'running' $$, $$ values ('20260101T000000Z-aaaaaa', 'named') $$, 'start_drill() takes the run it is given');
select is((select failure_code from backup.drills where state = 'failed'), 'HF521', 'start_drill() ends the stuck drill');
delete from backup.drills;
insert into backup.drills (run_id, trigger, verdict, state, started_at, finished_at) values ('20260102T000000Z-bbbbbb', 'sql', 'passed', 'complete', now() - interval '1 day', now());
select lives_ok($$ select backup.start_drill('sql', 'random') $$, 'start_drill() takes a random restore point');
select results_eq($$ select run_id, selection from backup.drills where state = 'running' $$, $$ values ('20260101T000000Z-aaaaaa', 'random') $$, 'start_drill() tries restore points first that were never tried');
delete from backup.drills where state = 'running';
update backup.settings set drill_window = '5 days';
select lives_ok($$ select backup.start_drill('sql', 'random') $$, 'start_drill() has one within the window');
select is((select run_id from backup.drills where state = 'running'), '20260102T000000Z-bbbbbb', 'start_drill() keeps to the window');
delete from backup.drills where state = 'running';
update backup.settings set drill_window = '90 days';
update backup.policies set retention = interval '7 days' where provider = 'aws_s3' and tier = 'weekly';
select lives_ok($$ select backup.start_drill('sql', 'random') $$, 'start_drill() has one that retention leaves');
select is((select run_id from backup.drills where state = 'running'), '20260102T000000Z-bbbbbb', 'start_drill() leaves out what retention may delete under its hands');
delete from backup.drills;
select lives_ok($$ select backup.start_drill('sql', 'alternate') $$, 'start_drill() alternates');
select is((select selection from backup.drills), 'latest', 'start_drill() begins with the latest');
update backup.drills set state = 'complete', verdict = 'passed', finished_at = now(), started_at = now() - interval '1 minute';
select lives_ok($$ select backup.start_drill('sql', 'alternate') $$, 'start_drill() alternates again');
select is((select selection from backup.drills where state = 'running'), 'random', 'start_drill() then takes a random one');
delete from backup.drills;
select throws_ok($$ select backup.start_drill('sql', 'nonsense') $$, 'HF001', null, 'start_drill() rejects an unknown run with HF001');
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260103T000000Z-cccccc', 'weekly', 'sql', 'cli', 'p/3/');
select throws_ok($$ select backup.start_drill('sql', '20260103T000000Z-cccccc') $$, 'HF500', null, 'start_drill() rejects a run that is no restore point with HF500');
select throws_ok($$ select backup.start_drill('mail') $$, '23514', null, 'start_drill() rejects an unknown trigger');
update backup.runs set archived = true where run_id = '20260102T000000Z-bbbbbb';
select throws_ok($$ select backup.start_drill('sql', '20260102T000000Z-bbbbbb') $$, 'HF603', null, 'start_drill() rejects a named run that is archived with HF603');
select lives_ok($$ select backup.start_drill('sql') $$, 'start_drill() has another one that can be read');
select results_eq('select run_id, selection from backup.drills', $$ values ('20260101T000000Z-aaaaaa', 'latest') $$, 'start_drill() takes the newest one that can be read');
delete from backup.drills;
update backup.policies set retention = interval '90 days' where provider = 'aws_s3' and tier = 'weekly';
insert into backup.drills (run_id, trigger, verdict, state, finished_at) values ('20260101T000000Z-aaaaaa', 'sql', 'passed', 'complete', now());
select lives_ok($$ select backup.start_drill('sql', 'random') $$, 'start_drill() has a random one that can be read');
select is((select run_id from backup.drills where state = 'running'), '20260101T000000Z-aaaaaa', 'start_drill() leaves out an archived one, tried or not');
delete from backup.drills;
update backup.runs set archived = true;
select throws_ok($$ select backup.start_drill('sql') $$, 'HF603', null, 'start_drill() says that everything is archived with HF603');
select throws_ok($$ select backup.start_drill('sql', 'random') $$, 'HF603', null, 'start_drill() says so of random ones with HF603');
update backup.settings set drill_window = '1 day';
select throws_ok($$ select backup.start_drill('sql', 'random') $$, 'HF500', null, 'start_drill() does not count archived ones beyond the window');
delete from backup.runs;
select throws_ok($$ select backup.start_drill('sql') $$, 'HF500', null, 'start_drill() rejects an empty ledger with HF500');

-- permissions
select function_privs_are('backup', 'start_drill', array['text', 'text'], 'anon', array[]::text[], 'anon may not execute start_drill()');
select function_privs_are('backup', 'start_drill', array['text', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute start_drill()');
select function_privs_are('backup', 'start_drill', array['text', 'text'], 'service_role', array[]::text[], 'service_role may not execute start_drill()');

select * from finish();
rollback;
