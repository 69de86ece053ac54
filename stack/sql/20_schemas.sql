-- Schemas and the extensions every hosted project is born with, plus those `postgres` may create there only through
-- supautils and the product needs (dblink, amcheck): a server without supautils can only have them made in advance.
create schema if not exists extensions;
grant all on schema extensions to postgres;
grant usage on schema extensions to anon, authenticated, service_role;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;
create extension if not exists dblink with schema extensions;
create extension if not exists amcheck with schema pg_catalog;

do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select d.objid::regprocedure
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_extension as e on e.oid = d.refobjid
    where d.refclassid = 'pg_catalog.pg_extension'::regclass
      and d.classid = 'pg_catalog.pg_proc'::regclass
      and e.extname = 'amcheck'
  loop
    execute format('revoke all on function %s from public', v_function);
    execute format('grant execute on function %s to postgres', v_function);
  end loop;
end
$$;

alter schema public owner to pg_database_owner;
grant all on schema public to postgres;
grant usage on schema public to anon, authenticated, service_role;
-- Projects made since May 2026 no longer hand new tables in public to the API roles; functions still are.
alter default privileges for role postgres in schema public
  grant execute on functions to anon, authenticated, service_role;
