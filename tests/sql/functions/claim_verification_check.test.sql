-- Tests sql/functions/claim_verification_check.sql
begin;
select plan(8);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

create temp table t as select backup.start_verification('sql') as id;

select is((select backup.claim_verification_check(t.id) from t), 'check_drill_age', 'claim_verification_check() gives the first check first');
select results_eq($$ select state, started_at is not null from backup.verification_checks c join t on t.id = c.verification_id
  where check_name = 'check_drill_age' $$, $$ values ('running', true) $$, 'claim_verification_check() marks it as running');
select is((select backup.claim_verification_check(t.id) from t), 'check_primary_backups', 'claim_verification_check() gives each check once');
update backup.verification_checks set state = 'background' where check_name = 'check_sequences';
select is((select backup.claim_verification_check(t.id) from t), 'check_row_security', 'claim_verification_check() passes over checks others work on');
update backup.verification_checks set state = 'done';
select is((select backup.claim_verification_check(t.id) from t), null, 'claim_verification_check() ends with null');
select throws_ok($$ select backup.claim_verification_check('00000000-0000-4000-8000-000000000000') $$, 'HF006', null,
  'claim_verification_check() rejects an unknown verification with HF006');

-- permissions
select function_privs_are('backup', 'claim_verification_check', array['uuid']::text[], 'anon', '{}'::text[], 'claim_verification_check() is closed to anon');
select function_privs_are('backup', 'claim_verification_check', array['uuid']::text[], 'authenticated', '{}'::text[], 'claim_verification_check() is closed to authenticated');

select * from finish();
rollback;
