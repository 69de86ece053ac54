-- Tests sql/tables/job_states.sql
begin;
select plan(13);

delete from backup.job_states;

select columns_are('backup', 'job_states', array['job_name', 'succeeded', 'failed', 'last_success_at', 'last_failure_at', 'last_seconds'], 'job_states has its columns');
select col_is_pk('backup', 'job_states', 'job_name', 'job_states has one row per job');
select isnt(obj_description('backup.job_states'::regclass), null, 'job_states has a comment');

select lives_ok($$ insert into backup.job_states (job_name, succeeded, last_success_at, last_seconds) values ('tick', 1, now(), 0.5) $$, 'job_states accepts a success');
select lives_ok($$ insert into backup.job_states (job_name, failed, last_failure_at, last_seconds) values ('export', 1, now(), 0.5) $$, 'job_states accepts a failure');
select throws_ok($$ insert into backup.job_states (job_name, succeeded, last_seconds) values ('a', 1, 1) $$, '23514', null, 'job_states rejects a success without a time');
select throws_ok($$ insert into backup.job_states (job_name, last_success_at, last_seconds) values ('a', now(), 1) $$, '23514', null, 'job_states rejects the time of no success');
select throws_ok($$ insert into backup.job_states (job_name, last_failure_at, last_seconds) values ('a', now(), 1) $$, '23514', null, 'job_states rejects the time of no failure');
select throws_ok($$ insert into backup.job_states (job_name, failed, last_failure_at, last_seconds) values ('a', -1, null, 1) $$, '23514', null, 'job_states rejects a count below 0');

select table_privs_are('backup', 'job_states', 'anon', array[]::text[], 'anon may not touch job_states');
select table_privs_are('backup', 'job_states', 'authenticated', array[]::text[], 'authenticated may not touch job_states');
select table_privs_are('backup', 'job_states', 'service_role', array['SELECT'], 'service_role may read job_states and nothing else');
select is((select relrowsecurity from pg_class where oid = 'backup.job_states'::regclass), true, 'job_states has row level security');

select * from finish();
rollback;
