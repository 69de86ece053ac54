-- Tests sql/functions/check_bucket_owner.sql
begin;
select plan(15);

-- arrange
delete from backup.alerts;
update backup.settings set project_ref = 'clinic', bucket_owner = null;

-- contract
select function_returns('backup', 'check_bucket_owner', array['text'], 'text', 'check_bucket_owner() returns text');
select isnt(obj_description('backup.check_bucket_owner(text)'::regprocedure), null, 'check_bucket_owner() has a comment');

-- behaviour
select is(backup.check_bucket_owner(null), null, 'check_bucket_owner() lets a server of one''s own delete');
select is((select bucket_owner from backup.settings), null, 'check_bucket_owner() remembers no owner then');
select is(backup.check_bucket_owner('abcdefghijklmnopqrst'), null, 'check_bucket_owner() lets the first hosted project delete');
select is((select bucket_owner from backup.settings), 'abcdefghijklmnopqrst', 'check_bucket_owner() remembers it');
select is(backup.check_bucket_owner('abcdefghijklmnopqrst'), null, 'check_bucket_owner() knows it again');
select is(backup.check_bucket_owner('zyxwvutsrqponmlkjihg'), 'abcdefghijklmnopqrst', 'check_bucket_owner() names the owner to another project');
select is(backup.check_bucket_owner(null), 'abcdefghijklmnopqrst', 'check_bucket_owner() names the owner to who cannot say who it is');
select results_eq('select cause, severity, occurrences::integer, resolved_at is null from backup.alerts', $$ values ('bucket_of_another', 'critical', 2, true) $$,
  'check_bucket_owner() raises one alert for what it refuses');
do $$ begin perform backup.check_bucket_owner('abcdefghijklmnopqrst'); end $$;
select is_empty('select from backup.alerts where resolved_at is null', 'check_bucket_owner() resolves the alert when the owner is back');
update backup.settings set project_ref = 'abcdefghijklmnopqrst', bucket_owner = null;
select is(backup.check_bucket_owner('zyxwvutsrqponmlkjihg'), 'abcdefghijklmnopqrst', 'check_bucket_owner() takes the folder of a hosted project for that project''s');

-- permissions
select function_privs_are('backup', 'check_bucket_owner', array['text'], 'anon', array[]::text[], 'anon may not execute check_bucket_owner()');
select function_privs_are('backup', 'check_bucket_owner', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute check_bucket_owner()');
select function_privs_are('backup', 'check_bucket_owner', array['text'], 'service_role', array[]::text[], 'service_role may not execute check_bucket_owner()');

select finish();
rollback;
