-- Tests sql/functions/_cron_field.sql
begin;
select plan(15);

select is(backup._cron_field('*', 0, 3), '{0,1,2,3}', '_cron_field() takes * for all');
select is(backup._cron_field('*/20', 0, 59), '{0,20,40}', '_cron_field() takes steps of all');
select is(backup._cron_field('3-9/3', 0, 59), '{3,6,9}', '_cron_field() takes steps of a range');
select is(backup._cron_field('1,5-6', 1, 31), '{1,5,6}', '_cron_field() takes lists');
select is(backup._cron_field('Feb-apr,12', 1, 12, '{jan,feb,mar,apr}'), '{2,3,4,12}', '_cron_field() takes names in ranges, in either case');
select is(backup._cron_field(f, 1, 12, '{jan,feb}'), null, format('_cron_field() takes %L for nothing', f))
from unnest('{0,13,5-2,5/10,*/0,foo,1-,""}'::text[]) f;

-- permissions
select function_privs_are('backup', '_cron_field', array['text', 'integer', 'integer', 'text[]']::text[], 'anon', '{}'::text[], '_cron_field() is closed to anon');
select function_privs_are('backup', '_cron_field', array['text', 'integer', 'integer', 'text[]']::text[], 'authenticated', '{}'::text[], '_cron_field() is closed to authenticated');

select * from finish();
rollback;
