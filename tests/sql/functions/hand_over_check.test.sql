-- Tests sql/functions/hand_over_check.sql
begin;
select plan(10);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

create temp table t as select backup.start_verification('sql') as id;
create temp table job (name text, command text);
grant all on job to public;

create or replace function backup.schedule_once(p_job_name text, p_command text) returns boolean language sql as $$
  insert into pg_temp.job values (p_job_name, p_command) returning true $$;
select ok((select backup.hand_over_check(t.id, 'check_foreign_keys') from t), 'hand_over_check() schedules a job');
select results_eq($$ select c.state, c.job_name = j.name from backup.verification_checks c, job j where c.check_name = 'check_foreign_keys' $$,
  $$ values ('background', true) $$, 'hand_over_check() records where the check went');
select matches((select command from job), '^begin; select cron\.unschedule\(''[^'']+''\); commit; begin; set local statement_timeout = ''7200000''; set local client_min_messages = ''error''; .*run_background_check\(''[0-9a-f-]+'', ''check_foreign_keys''\); commit;$',
  'hand_over_check() makes a job that removes itself before it works under its own limit');
update backup.verification_checks set state = 'done' where check_name = 'check_indexes';
select cmp_ok((select length(name) from job), '<', 64, 'hand_over_check() keeps the name of the job within the length of a name');
select ok(not (select backup.hand_over_check(t.id, 'check_indexes') from t), 'hand_over_check() leaves a finished check alone');

create or replace function backup.schedule_once(p_job_name text, p_command text) returns boolean language sql as 'select false';
select ok(not (select backup.hand_over_check(t.id, 'run_tests') from t), 'hand_over_check() says that there is no pg_cron');
select results_eq($$ select verdict::text, actual from backup.verification_results where check_name = 'run_tests' $$,
  $$ values ('inconclusive', 'there was not enough time for it here, and pg_cron is not installed to run it in the background') $$,
  'hand_over_check() records why nobody could answer');
create or replace function backup.schedule_once(p_job_name text, p_command text) returns boolean language plpgsql as
  'begin raise exception ''no more jobs''; end';
select results_eq($$ select backup.hand_over_check(t.id, 'check_constraints') from t $$, $$ values (false) $$,
  'hand_over_check() survives a pg_cron that refuses');

-- permissions
select function_privs_are('backup', 'hand_over_check', array['uuid','text']::text[], 'anon', '{}'::text[], 'hand_over_check() is closed to anon');
select function_privs_are('backup', 'hand_over_check', array['uuid','text']::text[], 'authenticated', '{}'::text[], 'hand_over_check() is closed to authenticated');

select * from finish();
rollback;
