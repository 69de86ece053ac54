-- Tests sql/functions/next_runs.sql
begin;
select plan(5);

select results_eq($$ select n from backup.next_runs('0 1 * * 0', 3, '2026-11-24 00:00+00') n $$,
  array['2026-11-29 01:00+00', '2026-12-06 01:00+00', '2026-12-13 01:00+00']::timestamptz[], 'next_runs() gives one after the other');
select is_empty($$ select backup.next_runs('0 0 30 2 *', 3) $$, 'next_runs() gives none when it is never due');
select is_empty($$ select backup.next_runs(null, 3) $$, 'next_runs() gives none without a schedule');

-- permissions
select function_privs_are('backup', 'next_runs', array['text', 'integer', 'timestamptz']::text[], 'anon', '{}'::text[], 'next_runs() is closed to anon');
select function_privs_are('backup', 'next_runs', array['text', 'integer', 'timestamptz']::text[], 'authenticated', '{}'::text[], 'next_runs() is closed to authenticated');

select * from finish();
rollback;
