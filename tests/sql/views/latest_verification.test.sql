-- Tests sql/views/latest_verification.sql
begin;
select plan(9);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.policies set enabled = provider <> 'aws_s3';

select is_empty('select * from backup.latest_verification', 'latest_verification is empty without a verification');
insert into backup.verifications (verification_id, trigger, started_at) values
  ('00000000-0000-4000-8000-000000000001', 'sql', now() - interval '1 day'), ('00000000-0000-4000-8000-000000000002', 'sql', now());
insert into backup.verification_checks (verification_id, check_name, state) values
  ('00000000-0000-4000-8000-000000000001', 'old', 'done'), ('00000000-0000-4000-8000-000000000002', 'a', 'done'),
  ('00000000-0000-4000-8000-000000000002', 'b', 'background');
insert into backup.verification_results (verification_id, check_name, subject, verdict) values
  ('00000000-0000-4000-8000-000000000001', 'old', 'x', 'failed'),
  ('00000000-0000-4000-8000-000000000002', 'a', 'fine', 'passed'), ('00000000-0000-4000-8000-000000000002', 'a', 'broken', 'failed'),
  ('00000000-0000-4000-8000-000000000002', 'a', 'unknown', 'inconclusive');
select results_eq('select check_name, state, subject, verdict::text from backup.latest_verification',
  $$ values ('b', 'background', null, null), ('a', 'done', 'broken', 'failed'), ('a', 'done', 'unknown', 'inconclusive'), ('a', 'done', 'fine', 'passed') $$,
  'latest_verification shows the newest one, what is open and what is wrong first');
select is((select distinct verification_verdict from backup.latest_verification), null, 'latest_verification shows that it is still open');
update backup.verifications set verdict = 'failed', finished_at = now();
select is((select distinct verification_verdict from backup.latest_verification), 'failed'::backup.verdict, 'latest_verification shows the verdict of the whole');

-- contract and permissions
select isnt(obj_description('backup.latest_verification'::regclass), null, 'latest_verification has a comment');
select ok((select 'security_invoker=true' = any (reloptions) from pg_class where oid = 'backup.latest_verification'::regclass), 'latest_verification runs as its reader');
select table_privs_are('backup', 'latest_verification', 'anon', '{}'::text[], 'latest_verification is closed to anon');
select table_privs_are('backup', 'latest_verification', 'authenticated', '{}'::text[], 'latest_verification is closed to authenticated');
select table_privs_are('backup', 'latest_verification', 'service_role', array['SELECT'], 'latest_verification can be read by service_role');

select * from finish();
rollback;
