-- The roles of a hosted Supabase project. `postgres` is deliberately not a superuser: what works here without
-- superuser rights works there. The one thing this cannot imitate is supautils, which lifts single statements of
-- `postgres` (event triggers, publications for all tables) to superuser; code has to probe for those anyway.
-- Roles belong to the cluster and this file runs once per database, so every statement can be repeated.
do $$
declare
  v_role record;
begin
  for v_role in
    select * from (values
      ('anon', 'nologin'),
      ('authenticated', 'nologin'),
      ('service_role', 'nologin bypassrls'),
      ('authenticator', 'login noinherit'),
      ('postgres', 'login'),
      ('dashboard_user', 'nologin createdb createrole replication'),
      ('supabase_auth_admin', 'login noinherit createrole'),
      ('supabase_storage_admin', 'login noinherit createrole'),
      ('supabase_realtime_admin', 'nologin noinherit')
    ) as r (name, attributes)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role.name) then
      execute format('create role %I %s', v_role.name, v_role.attributes);
    end if;
  end loop;
end
$$;

alter role postgres with nosuperuser createdb createrole login replication bypassrls password 'postgres';
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;

-- The privilege of setting session_replication_role comes from supautils on the hosted platform.
grant set on parameter session_replication_role to postgres;

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'pg_create_subscription') then
    grant pg_create_subscription to postgres with admin option;
  end if;
end
$$;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = 'auth';
alter role supabase_storage_admin set search_path = 'storage';
-- What PostgREST serves; Supabase's lints look here to know which schemas are exposed.
alter role authenticator set pgrst.db_schemas = 'public, graphql_public';
