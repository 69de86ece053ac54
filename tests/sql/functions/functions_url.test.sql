-- Tests sql/functions/functions_url.sql
begin;
select plan(7);

select function_returns('backup', 'functions_url', array[]::text[], 'text', 'functions_url() returns text');
select isnt(obj_description('backup.functions_url()'::regprocedure), null, 'functions_url() has a comment');
update backup.settings set functions_url = null where id;
select is(backup.functions_url(), null, 'functions_url() is null while nothing says where functions answer');
select vault.create_secret('https://abc.supabase.co/', 'project_url');
select is(backup.functions_url(), 'https://abc.supabase.co/functions/v1', 'functions_url() is made of the Vault secret project_url');
update backup.settings set functions_url = 'http://127.0.0.1:1/functions/v1/' where id;
select is(backup.functions_url(), 'http://127.0.0.1:1/functions/v1', 'functions_url() prefers the setting and drops a trailing slash');
select function_privs_are('backup', 'functions_url', array[]::text[], 'anon', array[]::text[], 'anon may not execute functions_url()');
select function_privs_are('backup', 'functions_url', array[]::text[], 'service_role', array[]::text[],
  'service_role may not execute functions_url()');

select * from finish();
rollback;
