-- Tests sql/functions/verification_check_names.sql
begin;
select plan(5);
select is((select count(*) from backup.verification_check_names()), 13::bigint, 'verification_check_names() names every check once');
select is_empty($$
  select n.name from backup.verification_check_names() as n (name)
  where n.name <> 'check_backup_objects' and to_regproc('backup.' || n.name) is null
$$, 'verification_check_names() names only functions that exist');
select is_empty($$
  select n.name from backup.verification_check_names() as n (name)
  where n.name <> 'check_backup_objects'
    and not exists (select from pg_proc p where p.pronamespace = 'backup'::regnamespace and p.proname = n.name
                    and p.proretset and p.prorettype = 'backup.finding'::regtype and p.pronargs = p.pronargdefaults)
$$, 'verification_check_names() names only functions that can be called without arguments and return findings');

-- permissions
select function_privs_are('backup', 'verification_check_names', array[]::text[], 'anon', '{}'::text[], 'verification_check_names() is closed to anon');
select function_privs_are('backup', 'verification_check_names', array[]::text[], 'authenticated', '{}'::text[], 'verification_check_names() is closed to authenticated');

select * from finish();
rollback;
