-- backup.included_schemas()
--
-- Why: one answer to "what does a backup cover", used by the planner and by every check.
-- System schemas and schemas whose content the platform rebuilds or that hold only passing state are left out;
-- everything else is in, so that a schema nobody has heard of is backed up rather than forgotten.
create or replace function backup.included_schemas()
returns setof name
language sql
stable
set search_path = ''
as $$
  select n.nspname
  from pg_catalog.pg_namespace n
  cross join backup.settings s
  where n.nspname !~ '^pg_'
    and n.nspname <> all (array[
      'information_schema', 'backup', 'extensions', 'cron', 'net', 'vault',
      'graphql', 'graphql_public', 'pgbouncer', 'pgsodium', 'pgsodium_masks', 'pgtle', 'repack',
      'realtime', '_realtime', '_analytics', '_supavisor', 'supabase_functions', 'etl', 'dbdev']::name[])
    and (s.included_schemas is null or n.nspname::text = any (s.included_schemas))
    and n.nspname::text <> all (s.excluded_schemas)
  order by n.nspname
$$;

comment on function backup.included_schemas() is
  'Schemas whose tables a backup covers: all but system and ephemeral ones, narrowed by backup.settings.';
revoke all on function backup.included_schemas() from public;
