-- backup._pgtap_schema()
--
-- Why: pgTAP may be an extension in any schema or a set of functions loaded by hand, and `supabase test db` installs
-- it only for the time of a test run. It is recognised by its runner.
create or replace function backup._pgtap_schema()
returns name
language sql
stable
set search_path = ''
as $$
  select n.nspname
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.proname = 'runtests' and p.proargtypes = array['name'::regtype]::oidvector
    and exists (select from pg_catalog.pg_proc o where o.pronamespace = n.oid and o.proname = '_runner')
    and exists (select from pg_catalog.pg_proc o where o.pronamespace = n.oid and o.proname = 'no_plan')
  order by n.nspname
  limit 1
$$;

comment on function backup._pgtap_schema() is 'Private: the schema that holds pgTAP, null where the database does not have it.';
revoke all on function backup._pgtap_schema() from public;
