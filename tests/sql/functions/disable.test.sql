-- Tests sql/functions/disable.sql
begin;
select plan(11);

-- arrange
select count(*) from backup.enable(true);
update backup.policies set enabled = true where provider = 'supabase';
select cron.schedule('hf-test', '* * * * *', 'select 1') > 0 as scheduled;

-- contract
select function_returns('backup', 'disable', array[]::text[], 'void', 'disable() returns void');
select isnt(obj_description('backup.disable()'::regprocedure), null, 'disable() has a comment');

-- behaviour
select lives_ok('select backup.disable()', 'disable() succeeds');
select is_empty($$ select jobname from cron.job where jobname like 'holdfast-%' $$, 'disable() removes every schedule');
select is((select count(*)::integer from cron.job where jobname = 'hf-test'), 1, 'disable() leaves other jobs alone');
select is_empty($$ select name from backup.policies where provider = 'aws_s3' and enabled $$, 'disable() turns the S3 policies off');
select is((select bool_and(enabled) from backup.policies where provider = 'supabase'), true, 'disable() leaves the backups of the platform as they are');
select lives_ok('select backup.disable()', 'disable() can be called again');

-- permissions
select function_privs_are('backup', 'disable', array[]::text[], 'anon', array[]::text[], 'anon may not execute disable()');
select function_privs_are('backup', 'disable', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute disable()');
select function_privs_are('backup', 'disable', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute disable()');

select * from finish();
rollback;
