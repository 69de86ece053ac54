-- Tests sql/functions/_policy_scheduled.sql
begin;
select plan(9);

-- contract
select function_returns('backup', '_policy_scheduled', array[]::text[], 'trigger', '_policy_scheduled() is a trigger function');
select trigger_is('backup', 'policies', 'scheduled_since', 'backup', '_policy_scheduled', '_policy_scheduled() watches policies');

-- behaviour
update backup.policies set enabled = false;
select is((select count(*) from backup.policies where scheduled_since is not null), 0::bigint, '_policy_scheduled() forgets the time of a policy turned off');
update backup.policies set enabled = true where name = 'secondary_weekly';
select ok((select scheduled_since between now() and clock_timestamp() from backup.policies where name = 'secondary_weekly'),
  '_policy_scheduled() notes when a policy was turned on');
update backup.policies set scheduled_since = '2026-01-01Z' where name = 'secondary_weekly';
update backup.policies set retention = '91 days', enabled = true, schedule = schedule where name = 'secondary_weekly';
select is((select scheduled_since from backup.policies where name = 'secondary_weekly'), '2026-01-01Z', '_policy_scheduled() keeps it while nothing about the schedule changes');
update backup.policies set schedule = '5 1 * * 0' where name = 'secondary_weekly';
select cmp_ok((select scheduled_since from backup.policies where name = 'secondary_weekly'), '>=', now(), '_policy_scheduled() starts again with another schedule');
insert into backup.policies (name, provider, frequency, retention, enabled, description) values ('mine', 'aws_s3', 'monthly', '1 year', true, 'x'), ('off', 'aws_s3', 'monthly', '1 year', false, 'x');
select results_eq($$ select name, scheduled_since >= now() from backup.policies where name in ('mine', 'off') order by name $$, $$ values ('mine', true), ('off', null) $$,
  '_policy_scheduled() notes it for new policies');

-- permissions
select function_privs_are('backup', '_policy_scheduled', array[]::text[], 'anon', '{}'::text[], '_policy_scheduled() is closed to anon');
select function_privs_are('backup', '_policy_scheduled', array[]::text[], 'authenticated', '{}'::text[], '_policy_scheduled() is closed to authenticated');

select * from finish();
rollback;
