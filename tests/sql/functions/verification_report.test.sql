-- Tests sql/functions/verification_report.sql
begin;
select plan(8);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

select throws_ok('select backup.verification_report()', 'HF006', 'no verification has finished yet', 'verification_report() says that there is none');
select throws_ok($$select backup.verification_report('00000000-0000-4000-8000-000000000000')$$, 'HF006',
  'verification 00000000-0000-4000-8000-000000000000 does not exist', 'verification_report() names the one that does not exist');

insert into backup.verifications (verification_id, trigger, verdict, started_at, finished_at, report) values
  ('00000000-0000-4000-8000-000000000001', 'sql', 'passed', '2026-01-01', '2026-01-01', '# one'),
  ('00000000-0000-4000-8000-000000000002', 'sql', 'failed', '2026-01-02', '2026-01-02', null),
  ('00000000-0000-4000-8000-000000000003', 'sql', null, '2026-01-03', null, null);
select alike(backup.verification_report(), '%000002 ended: failed. Its report is not written yet%', 'verification_report() takes the newest finished one, and says that its report is missing');
update backup.verifications set report = '# two' where verdict = 'failed';
select is(backup.verification_report(), '# two', 'verification_report() returns the stored text');
select is(backup.verification_report('00000000-0000-4000-8000-000000000001'), '# one', 'verification_report() returns the one asked for');
select alike(backup.verification_report('00000000-0000-4000-8000-000000000003'), '%is still running.', 'verification_report() says that one is still running');

-- permissions
select function_privs_are('backup', 'verification_report', array['uuid']::text[], 'anon', '{}'::text[], 'verification_report() is closed to anon');
select function_privs_are('backup', 'verification_report', array['uuid']::text[], 'authenticated', '{}'::text[], 'verification_report() is closed to authenticated');

select * from finish();
rollback;
