-- Tests sql/views/recovery_objectives.sql
begin;
select plan(16);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.policies set enabled = provider <> 'aws_s3';

select results_eq('select name, target from backup.recovery_objectives', $$ values ('rpo', interval '1 hour'), ('rto', interval '4 hours') $$,
  'recovery_objectives shows both targets');
select results_eq('select distinct measured, met from backup.recovery_objectives', 'values (null::interval, null::boolean)',
  'recovery_objectives does not guess what was never measured');
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, manifest_key, manifest_sha256, warnings)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now() - interval '3 days', now() - interval '3 days', now(), 'p/1/manifest.json', 'x', '[{"code": "a", "message": "b"}]'),
       ('20260102T000000Z-bbbbbb', 'complete', 'monthly', 'sql', 'cli', 'p/2/', now() - interval '2 hours', now() - interval '2 hours', now(), 'p/2/manifest.json', 'x', '[]');
select results_eq($$ select measured, met, unverified from backup.recovery_objectives where name = 'rpo' $$,
  $$ values (null::interval, null::boolean, interval '2 hours') $$, 'recovery_objectives does not count an unproven restore point');
insert into backup.drills (run_id, trigger, verdict, state, started_at, finished_at) values
  ('20260101T000000Z-aaaaaa', 'sql', 'passed', 'complete', now() - interval '10 minutes', now()),
  ('20260101T000000Z-aaaaaa', 'sql', 'failed', 'complete', now() - interval '9 hours', now());
select results_eq($$ select measured, met from backup.recovery_objectives where name = 'rpo' $$, $$ values (interval '3 days', false) $$,
  'recovery_objectives measures the newest proven restore point');
select results_eq($$ select measured, met from backup.recovery_objectives where name = 'rto' $$, $$ values (interval '10 minutes', true) $$,
  'recovery_objectives times passed drills only');
insert into backup.drills (run_id, trigger, verdict, state, started_at, finished_at)
values ('20260102T000000Z-bbbbbb', 'sql', 'passed', 'complete', now() - interval '20 minutes', now());
select results_eq($$ select measured, met from backup.recovery_objectives where name = 'rto' $$, $$ values (interval '19.5 minutes', true) $$,
  'recovery_objectives takes the 95th percentile');
update backup.objectives set target = '3 hours' where name = 'rpo';
select is((select met from backup.recovery_objectives where name = 'rpo'), true, 'recovery_objectives compares with the configured target');
select results_eq($$ select extrapolated, phases from backup.recovery_objectives where name = 'rto' $$, $$ values (null::interval, '{}'::jsonb) $$,
  'recovery_objectives extrapolates nothing from drills without a size');
delete from backup.drills;
update backup.runs set raw_bytes = 4000;
insert into backup.drills (run_id, trigger, verdict, state, started_at, finished_at, raw_bytes, phase_seconds)
values ('20260101T000000Z-aaaaaa', 'sql', 'passed', 'complete', now() - interval '100 seconds', now(), 1000, '{"schema_before": 10, "data": 40, "schema_after": 20, "prove": 10}');
select is((select extrapolated from backup.recovery_objectives where name = 'rto'), interval '310 seconds',
  'recovery_objectives scales data, indexes and proof with the size and leaves the rest');
select matches((select extrapolated_basis from backup.recovery_objectives where name = 'rto'), '^95th percentile of 1 drill\(s\) of 1000 bytes to 1000 bytes; .* scaled to the 4000 bytes of 20260102T000000Z-bbbbbb',
  'recovery_objectives says what it extrapolated from');
insert into backup.drills (run_id, trigger, verdict, state, started_at, finished_at, raw_bytes, phase_seconds)
values ('20260101T000000Z-aaaaaa', 'sql', 'passed', 'complete', now() - interval '200 seconds', now(), 2000, '{"data": 80}'),
       ('20260101T000000Z-aaaaaa', 'sql', 'passed', 'complete', now() - interval '900 days', now(), 2000, '{"data": 9000}');
select is((select phases from backup.recovery_objectives where name = 'rto'), '{"data": 78.000, "prove": 10.000, "schema_after": 20.000, "schema_before": 10.000}',
  'recovery_objectives shows the 95th percentile of each phase, of the drills of a year');

-- contract and permissions
select isnt(obj_description('backup.recovery_objectives'::regclass), null, 'recovery_objectives has a comment');
select ok((select 'security_invoker=true' = any (reloptions) from pg_class where oid = 'backup.recovery_objectives'::regclass), 'recovery_objectives runs as its reader');
select table_privs_are('backup', 'recovery_objectives', 'anon', '{}'::text[], 'recovery_objectives is closed to anon');
select table_privs_are('backup', 'recovery_objectives', 'authenticated', '{}'::text[], 'recovery_objectives is closed to authenticated');
select table_privs_are('backup', 'recovery_objectives', 'service_role', array['SELECT'], 'recovery_objectives can be read by service_role');

select * from finish();
rollback;
