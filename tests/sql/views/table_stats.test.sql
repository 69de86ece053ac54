-- Tests sql/views/table_stats.sql
begin;
select plan(4);

create schema odd;
create table odd.t (id integer);

select is((select count(*)::integer from backup.table_stats where schema_name = 'odd' and table_name = 't'), 1, 'table_stats lists a table');
select isnt(obj_description('backup.table_stats'::regclass), null, 'table_stats has a comment');
select is((select reloptions from pg_class where oid = 'backup.table_stats'::regclass), array['security_invoker=true'], 'table_stats reads as its caller');
select table_privs_are('backup', 'table_stats', 'anon', array[]::text[], 'anon may not read table_stats');

select * from finish();
rollback;
