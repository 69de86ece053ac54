-- Tests sql/tables/job_runs.sql
begin;
select plan(14);

delete from backup.job_runs;

select columns_are('backup', 'job_runs', array['job_run_id', 'job_name', 'status', 'started_at', 'finished_at', 'result', 'error_code', 'error'], 'job_runs has its columns');
select col_is_pk('backup', 'job_runs', 'job_run_id', 'job_runs has a key');
select isnt(obj_description('backup.job_runs'::regclass), null, 'job_runs has a comment');

select lives_ok($$ insert into backup.job_runs (job_name) values ('tick') $$, 'job_runs accepts a job that has just begun');
select results_eq('select status, started_at >= now(), finished_at from backup.job_runs', $$ values ('running', true, null::timestamptz) $$, 'job_runs takes it as running since now');
select lives_ok($$ insert into backup.job_runs (job_name, status, finished_at) values ('tick', 'succeeded', now()), ('tick', 'failed', now()) $$, 'job_runs accepts both outcomes');
select throws_ok($$ insert into backup.job_runs (job_name, status, finished_at) values ('tick', 'unsure', now()) $$, '23514', null, 'job_runs rejects another status');
select throws_ok($$ insert into backup.job_runs (job_name, status) values ('tick', 'succeeded') $$, '23514', null, 'job_runs rejects an outcome without an end');
select throws_ok($$ insert into backup.job_runs (job_name, finished_at) values ('tick', now()) $$, '23514', null, 'job_runs rejects an end without an outcome');
select throws_ok($$ insert into backup.job_runs (job_name) values (null) $$, '23502', null, 'job_runs rejects a job without a name');

select table_privs_are('backup', 'job_runs', 'anon', array[]::text[], 'anon may not touch job_runs');
select table_privs_are('backup', 'job_runs', 'authenticated', array[]::text[], 'authenticated may not touch job_runs');
select table_privs_are('backup', 'job_runs', 'service_role', array['SELECT'], 'service_role may read job_runs and nothing else');
select is((select relrowsecurity from pg_class where oid = 'backup.job_runs'::regclass), true, 'job_runs has row level security');

select * from finish();
rollback;
