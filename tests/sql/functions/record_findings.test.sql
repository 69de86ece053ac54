-- Tests sql/functions/record_findings.sql
begin;
select plan(12);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

create temp table t as select backup.start_verification('sql') as id;

select ok((select backup.record_findings(t.id, 'check_row_counts', '[
  {"subject": "public.a", "verdict": "failed", "expected": "3 rows", "actual": "1 rows", "evidence": {"rows": 1}},
  {"subject": "public.b", "verdict": "passed"}]', 12.5) from t), 'record_findings() says that it recorded');
select results_eq($$ select subject, verdict::text, expected, actual, evidence, duration_ms from backup.verification_results order by result_no $$,
  $$ values ('public.a', 'failed', '3 rows', '1 rows', '{"rows": 1}'::jsonb, 12.5::float8), ('public.b', 'passed', null, null, '{}', 12.5) $$,
  'record_findings() stores every answer');
select is((select state from backup.verification_checks where check_name = 'check_row_counts'), 'done', 'record_findings() closes the check');
select is((select verdict from backup.verifications), null, 'record_findings() leaves the verification open while others work');
select ok(not (select backup.record_findings(t.id, 'check_row_counts', '[{"subject": "late", "verdict": "passed"}]', 1) from t),
  'record_findings() refuses a second report');
select is((select count(*) from backup.verification_results where subject = 'late'), 0::bigint, 'record_findings() drops a second report');
select is((select verdict::text from backup.verification_results r, lateral (select backup.record_findings(t.id, 'check_indexes', '[]', 1) from t) x
  where r.check_name = 'check_indexes'), null, 'record_findings() accepts an empty report');
select results_eq($$ select verdict::text, actual from backup.verification_results where check_name = 'check_indexes' $$,
  $$ values ('skipped', 'there is nothing to check') $$, 'record_findings() records an empty report as skipped');
update backup.verification_checks set state = 'done' where check_name <> 'run_tests';
select results_eq($$ select backup.record_findings(t.id, 'run_tests', '[{"subject": "x", "verdict": "passed"}]', 1), v.verdict::text
  from t, backup.verifications v $$, $$ values (true, null) $$, 'record_findings() takes the last report');
select throws_ok($$ select backup.record_findings(t.id, 'check_nothing', '[]', 1) from t $$, 'HF006', null,
  'record_findings() rejects a check the verification does not have with HF006');

-- permissions
select function_privs_are('backup', 'record_findings', array['uuid','text','jsonb','double precision']::text[], 'anon', '{}'::text[], 'record_findings() is closed to anon');
select function_privs_are('backup', 'record_findings', array['uuid','text','jsonb','double precision']::text[], 'authenticated', '{}'::text[], 'record_findings() is closed to authenticated');

select * from finish();
rollback;
