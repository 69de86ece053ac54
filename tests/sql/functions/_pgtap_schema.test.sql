-- Tests sql/functions/_pgtap_schema.sql
begin;
select plan(2);

select is(backup._pgtap_schema(), (select n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.proname = 'runtests' limit 1),
  '_pgtap_schema() finds the pgTAP that runs this test');
select function_privs_are('backup', '_pgtap_schema', array[]::text[], 'anon', array[]::text[], 'anon may not execute _pgtap_schema()');

select * from finish();
rollback;
