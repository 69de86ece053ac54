-- Tests sql/functions/check_primary_backups.sql
begin;
select plan(22);

-- arrange
delete from backup.primary_backups;
update backup.settings set project_ref = 'abcdefghijklmnopqrst' where id;
create function pg_temp.look(p_pitr boolean, p_newest interval, p_latest interval default null, p_age interval default '0') returns void language sql as $$
  insert into backup.primary_backups (looked_at, project_ref, outcome, region, walg_enabled, pitr_enabled, completed, newest_at, oldest_at, pitr_earliest, pitr_latest, backups)
  values (clock_timestamp() - p_age, 'abcdefghijklmnopqrst', 'answered', 'eu-west-1', true, p_pitr, 1, now() - p_newest, now() - interval '6 days', now() - interval '7 days', now() - p_latest, '[]') $$;
create function pg_temp.verdicts() returns text language sql as $$
  select string_agg(c.subject || ' ' || c.verdict, ', ') from backup.check_primary_backups() c $$;

select is(pg_temp.verdicts(), 'primary inconclusive, point_in_time inconclusive', 'check_primary_backups() is inconclusive while nobody looked');
select is((select min(actual) from backup.check_primary_backups()), 'no access token', 'check_primary_backups() says that there is no access token');
insert into backup.primary_backups (project_ref, outcome, reason) values ('abcdefghijklmnopqrst', 'no_token', 'no access token');
select results_eq($$ select subject, verdict::text, actual from backup.check_primary_backups() $$,
  $$ values ('primary', 'inconclusive', 'no access token'), ('point_in_time', 'inconclusive', 'no access token') $$, 'check_primary_backups() says so after a look without one');
delete from backup.primary_backups;
update backup.settings set project_ref = 'sample-clinic' where id;
select is(pg_temp.verdicts(), 'primary skipped, point_in_time skipped', 'check_primary_backups() skips what is no hosted project');
insert into backup.primary_backups (project_ref, outcome, reason) values ('abcdefghijklmnopqrst', 'unanswered', 'the Management API answered 500');
select results_eq($$ select verdict::text, actual from backup.check_primary_backups() $$,
  $$ values ('inconclusive', 'the Management API answered 500'), ('inconclusive', 'the Management API answered 500') $$, 'check_primary_backups() is inconclusive without an answer, and says why');
do $$ begin perform pg_temp.look(false, '10 hours'); end $$;
select is(pg_temp.verdicts(), 'primary passed, point_in_time failed', 'check_primary_backups() fails when point-in-time recovery is off');
select is((select actual from backup.check_primary_backups() where verdict = 'failed'), 'point-in-time recovery is off', 'check_primary_backups() says so');
do $$ begin perform pg_temp.look(true, '10 hours', '3 minutes'); end $$;
select is(pg_temp.verdicts(), 'primary passed, point_in_time passed', 'check_primary_backups() passes recent backups and a recent window');
select matches((select actual from backup.check_primary_backups() where subject = 'primary'), '^newest 20.* UTC, oldest 20.* UTC$', 'check_primary_backups() says how far they reach');
select is((select (evidence ->> 'reaches_back_days') || ' of ' || (evidence ->> 'policy_days') from backup.check_primary_backups() where subject = 'point_in_time'), '7.0 of 7.0', 'check_primary_backups() sets the window beside the policy');
do $$ begin perform pg_temp.look(true, null, '3 minutes'); end $$;
select is(pg_temp.verdicts(), 'primary passed, point_in_time passed', 'check_primary_backups() takes point-in-time recovery for daily backups');
do $$ begin perform pg_temp.look(false, null); end $$;
select is(pg_temp.verdicts(), 'primary failed, point_in_time failed', 'check_primary_backups() fails when there is no completed backup');
select is((select actual from backup.check_primary_backups() where subject = 'primary'), 'no completed backup is listed', 'check_primary_backups() says that none is listed');
do $$ begin perform pg_temp.look(false, '37 hours'); end $$;
select is((select verdict::text from backup.check_primary_backups() where subject = 'primary'), 'failed', 'check_primary_backups() fails when the newest is too old');
do $$ begin perform pg_temp.look(true, '10 hours', '25 hours'); end $$;
select is((select verdict::text from backup.check_primary_backups() where subject = 'point_in_time'), 'failed', 'check_primary_backups() fails when the window ends too long ago');
do $$ begin perform pg_temp.look(true, null, null); end $$;
select is(pg_temp.verdicts(), 'primary failed, point_in_time failed', 'check_primary_backups() fails when there is no window');
do $$ begin perform pg_temp.look(true, '10 hours', '3 minutes'); end $$;
update backup.policies set enabled = false where name = 'point_in_time';
select is(pg_temp.verdicts(), 'primary passed, point_in_time skipped', 'check_primary_backups() skips a policy that is off');
delete from backup.primary_backups;
do $$ begin perform pg_temp.look(true, '1 hour', '3 minutes', '25 hours'); end $$;
select is((select verdict::text from backup.check_primary_backups() where subject = 'primary'), 'inconclusive', 'check_primary_backups() does not know today what was seen yesterday');
select matches((select actual from backup.check_primary_backups() where subject = 'primary'), '^last asked ', 'check_primary_backups() then says when it was');
update backup.policies set frequency = 'weekly' where name = 'primary';
delete from backup.primary_backups;
do $$ begin perform pg_temp.look(false, '9 days'); end $$;
select is((select verdict::text from backup.check_primary_backups() where subject = 'primary'), 'passed', 'check_primary_backups() goes by the frequency of the policy');

-- permissions
select function_privs_are('backup', 'check_primary_backups', array[]::text[], 'anon', '{}'::text[], 'check_primary_backups() is closed to anon');
select function_privs_are('backup', 'check_primary_backups', array[]::text[], 'authenticated', '{}'::text[], 'check_primary_backups() is closed to authenticated');

select * from finish();
rollback;
