-- Tests sql/functions/next_run.sql; tests/sql/next_run.test.ts compares it with another implementation.
begin;
select plan(17);

create function pg_temp.next(p_schedule text, p_after text) returns text language sql as $$
  select to_char(backup.next_run(p_schedule, p_after::timestamptz) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') $$;

select is(pg_temp.next('0 1 * * 0', '2026-11-24 04:00+00'), '2026-11-29 01:00:00', 'next_run() finds the next Sunday');
select is(pg_temp.next('0 1 * * 7', '2026-11-24 04:00+00'), '2026-11-29 01:00:00', 'next_run() takes 7 for Sunday too');
select is(pg_temp.next('0 1 * * 0', '2026-11-29 01:00+00'), '2026-12-06 01:00:00', 'next_run() is after, not at, the time given');
select is(pg_temp.next('0 1 * * 0', '2026-11-29 00:59:59.9+00'), '2026-11-29 01:00:00', 'next_run() starts at full minutes');
select is(pg_temp.next('59 23 31 12 *', '2026-12-31 23:59+00'), '2027-12-31 23:59:00', 'next_run() crosses a year');
select is(pg_temp.next('0 0 29 2 *', '2096-03-01 00:00+00'), '2104-02-29 00:00:00', 'next_run() crosses a century without a leap day');
select is(pg_temp.next('0 0 29 2 *', '2026-11-24 00:00+00'), '2028-02-29 00:00:00', 'next_run() finds a leap day');
select is(pg_temp.next('0 0 $ * *', '2027-02-01 00:00+00'), '2027-02-28 00:00:00', 'next_run() knows the last day of a month');
select is(pg_temp.next('0 0 13 * 5', '2026-11-14 00:00+00'), '2026-11-20 00:00:00', 'next_run() takes either of day of month and day of week');
select is(pg_temp.next('0 0 */2 * 1', '2026-11-24 00:00+00'), '2026-12-07 00:00:00', 'next_run() takes both when one begins with *');
select is(pg_temp.next('30 seconds', '2026-11-24 04:00:05+00'), '2026-11-24 04:00:35', 'next_run() knows seconds');
select is(pg_temp.next('0 0 31 2 *', '2026-11-24 04:00+00'), null, 'next_run() gives up on a day that never comes');
select is(pg_temp.next('0 0 * *', '2026-11-24 04:00+00'), null, 'next_run() finds nothing for what is no schedule');
set local timezone = 'Asia/Kolkata';
select is(pg_temp.next('0 1 * * *', '2026-11-24 04:00+00'), '2026-11-25 01:00:00', 'next_run() works in UTC, whatever the session does');
select is(backup.next_run('0 1 * * *', 'infinity'), null, 'next_run() finds nothing after the end of time');

-- permissions
select function_privs_are('backup', 'next_run', array['text', 'timestamptz']::text[], 'anon', '{}'::text[], 'next_run() is closed to anon');
select function_privs_are('backup', 'next_run', array['text', 'timestamptz']::text[], 'authenticated', '{}'::text[], 'next_run() is closed to authenticated');

select * from finish();
rollback;
