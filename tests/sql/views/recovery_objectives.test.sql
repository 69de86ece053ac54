-- Tests sql/views/recovery_objectives.sql
begin;
select plan(12);

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
insert into backup.drills (run_id, trigger, verdict, started_at, finished_at) values
  ('20260101T000000Z-aaaaaa', 'sql', 'passed', now() - interval '10 minutes', now()),
  ('20260101T000000Z-aaaaaa', 'sql', 'failed', now() - interval '9 hours', now());
select results_eq($$ select measured, met from backup.recovery_objectives where name = 'rpo' $$, $$ values (interval '3 days', false) $$,
  'recovery_objectives measures the newest proven restore point');
select results_eq($$ select measured, met from backup.recovery_objectives where name = 'rto' $$, $$ values (interval '10 minutes', true) $$,
  'recovery_objectives times passed drills only');
insert into backup.drills (run_id, trigger, verdict, started_at, finished_at)
values ('20260102T000000Z-bbbbbb', 'sql', 'passed', now() - interval '20 minutes', now());
select results_eq($$ select measured, met from backup.recovery_objectives where name = 'rto' $$, $$ values (interval '19.5 minutes', true) $$,
  'recovery_objectives takes the 95th percentile');
update backup.objectives set target = '3 hours' where name = 'rpo';
select is((select met from backup.recovery_objectives where name = 'rpo'), true, 'recovery_objectives compares with the configured target');

-- contract and permissions
select isnt(obj_description('backup.recovery_objectives'::regclass), null, 'recovery_objectives has a comment');
select ok((select 'security_invoker=true' = any (reloptions) from pg_class where oid = 'backup.recovery_objectives'::regclass), 'recovery_objectives runs as its reader');
select table_privs_are('backup', 'recovery_objectives', 'anon', '{}'::text[], 'recovery_objectives is closed to anon');
select table_privs_are('backup', 'recovery_objectives', 'authenticated', '{}'::text[], 'recovery_objectives is closed to authenticated');
select table_privs_are('backup', 'recovery_objectives', 'service_role', array['SELECT'], 'recovery_objectives can be read by service_role');

select * from finish();
rollback;
