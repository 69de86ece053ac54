-- Tests sql/functions/installed_schedules.sql
begin;
select plan(5);

select backup.disable();
select is_empty('select * from backup.installed_schedules()', 'installed_schedules() is empty while Holdfast is off');
select count(*) from backup.enable(true);
select set_eq('select * from backup.installed_schedules()', 'select job_name, schedule from backup.wanted_schedules()', 'installed_schedules() lists what is installed');
select cron.schedule('holdfast-check_indexes-00000000', '* * * * *', 'select 1') > 0 as one_off, cron.schedule('other', '* * * * *', 'select backup.run_job(''tick'')') > 0 as other;
select is((select count(*)::integer from backup.installed_schedules()), (select count(*)::integer from backup.wanted_schedules()), 'installed_schedules() lists neither one-off jobs nor those of others');

-- permissions
select function_privs_are('backup', 'installed_schedules', array[]::text[], 'anon', '{}'::text[], 'installed_schedules() is closed to anon');
select function_privs_are('backup', 'installed_schedules', array[]::text[], 'authenticated', '{}'::text[], 'installed_schedules() is closed to authenticated');

select * from finish();
rollback;
