-- Tests sql/functions/set_policy.sql
begin;
select plan(23);

select backup.disable();
update backup.settings set functions_url = 'http://127.0.0.1:1' where id;

select is_empty($$ select backup.set_policy('primary', '{"retention": "7 days"}') $$, 'set_policy() returns no warning for what is fine');
select is((select retention from backup.policies where name = 'primary'), interval '7 days', 'set_policy() changes the retention');
select is_empty($$ select backup.set_policy('secondary_weekly', '{"schedule": "0 3 * * 6"}') $$, 'set_policy() changes a policy that is off');
select is_empty('select * from backup.installed_schedules()', 'set_policy() starts nothing while Holdfast is off');
select is_empty($$ select backup.set_policy('secondary_weekly', '{"enabled": true}') $$, 'set_policy() turns a policy on');
select is((select schedule from backup.installed_schedules() where job_name = 'holdfast-export'), '0 3 * * 6', 'set_policy() then installs its schedule');
select is_empty($$ select backup.set_policy('secondary_weekly', '{"schedule": "0 4 * * 6"}') $$, 'set_policy() changes the schedule of a policy that is on');
select is((select schedule from backup.installed_schedules() where job_name = 'holdfast-export'), '0 4 * * 6', 'set_policy() brings pg_cron up to date');
select is_empty($$ select backup.set_policy('secondary_weekly', '{"enabled": false}') $$, 'set_policy() turns a policy off');
select is_empty($$ select * from backup.installed_schedules() where job_name = 'holdfast-export' $$, 'set_policy() then exports no more');
select matches((select backup.set_policy('secondary_daily', '{"storage_class": "standard_ia", "retention": "20 days"}')), '^STANDARD_IA is billed for 30 days',
  'set_policy() returns warnings');
select results_eq($$ select storage_class, retention from backup.policies where name = 'secondary_daily' $$, $$ values ('STANDARD_IA', interval '20 days') $$,
  'set_policy() warns and does it all the same');
select is_empty($$ select backup.set_policy('secondary_daily', '{"schedule": null, "storage_class": null}') $$, 'set_policy() takes a schedule and a storage class away');
select results_eq($$ select schedule, storage_class, retention from backup.policies where name = 'secondary_daily' $$, $$ values (null::text, null::text, interval '20 days') $$,
  'set_policy() leaves alone what is not named');

select throws_ok($$ select backup.set_policy('tertiary', '{}') $$, 'HF810', 'policy ''tertiary'' does not exist', 'set_policy() rejects an unknown policy with HF810');
select throws_ok(format('select backup.set_policy(%L, %L)', p, c), 'HF811', null, format('set_policy() rejects %s of %s with HF811', c, p))
from (values ('primary', '{"retention": "0"}'), ('primary', '{"retention": "soon"}'), ('primary', '{"schedule": "0 1 * * *"}'),
             ('secondary_daily', '{"schedule": "0 25 * * *"}'), ('secondary_daily', '{"storage_class": "TAPE"}'), ('secondary_daily', '{"tier": "weekly"}')) as t(p, c);

-- permissions
select function_privs_are('backup', 'set_policy', array['text', 'jsonb']::text[], 'anon', '{}'::text[], 'set_policy() is closed to anon');
select function_privs_are('backup', 'set_policy', array['text', 'jsonb']::text[], 'authenticated', '{}'::text[], 'set_policy() is closed to authenticated');

select * from finish();
rollback;
