-- requires: functions/included_schemas.sql
-- backup.coverage_gaps()
--
-- Why: what a backup does not hold is part of its result and must be told before somebody needs it. Tables that are left
-- out are in backup.run_tables with their reason; this names what is no table, or what looks covered and is not.
-- What its caller may not look into is named as well, instead of failing the run.
create or replace function backup.coverage_gaps()
returns table (code text, subject text, message text)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_count bigint;
  v_table record;
begin
  for v_table in
    -- By object id: asked by name, a role without USAGE on the schema is refused instead of answered.
    select c.oid, n.nspname, c.relname, i.code, i.message,
           has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid) as readable
    from (
      values ('vault', 'secrets', 'vault_not_covered',
              '%s Vault secrets are not in the backup: they are encrypted with a key that never leaves the project. Keep them elsewhere as well.'),
             ('storage', 'objects', 'storage_files_not_covered',
              'The rows of %s Storage files are in the backup, the files themselves are not.')
    ) as i (schema_name, table_name, code, message)
    join pg_catalog.pg_namespace n on n.nspname = i.schema_name
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.table_name
    union all
    select distinct c.oid, n.nspname, c.relname, 'extension_rows_not_covered',
           'Rows of a configuration table of extension ' || replace(e.extname, '%', '%%') || ' are not in the backup.',
           has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid)
    from pg_catalog.pg_extension e
    cross join lateral unnest(e.extconfig) as member(oid)
    join pg_catalog.pg_class c on c.oid = member.oid and c.relkind = 'r'
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname <> all (array['cron', 'vault', 'net'])
  loop
    subject := format('%I.%I', v_table.nspname, v_table.relname);
    if not v_table.readable then
      code := 'coverage_unknown';
      message := format('Whether it holds rows that are not in the backup is not known: role %I may not read it.', current_user);
      return next;
      continue;
    end if;
    execute format('select count(*) from %I.%I', v_table.nspname, v_table.relname) into v_count;
    if v_count > 0 then
      code := v_table.code;
      message := format(v_table.message, v_count);
      return next;
    end if;
  end loop;
  -- The platform brings its own objects back and not what a project has put beside them. A schema that settings leave out is
  -- left out on purpose, jobs of pg_cron are in globals.json, and policies on what Realtime sends are in schema.json.
  if has_table_privilege('backup.settings', 'select') and has_function_privilege('backup.included_schemas()', 'execute') then
    return query
    with outside as (
      select n.oid, n.nspname
      from pg_catalog.pg_namespace n cross join backup.settings s
      where n.nspname !~ '^pg_' and n.nspname <> all (array['information_schema', 'backup', 'backup_tests', 'holdfast_restore', 'cron']::name[])
        and s.included_schemas is null and n.nspname::text <> all (s.excluded_schemas)
        and n.nspname not in (select backup.included_schemas())
    ), found as (
      select o.nspname, format('policy %I on %I', p.polname, c.relname) as object
      from outside o
      join pg_catalog.pg_class c on c.relnamespace = o.oid
      join pg_catalog.pg_policy p on p.polrelid = c.oid
      where o.nspname <> 'realtime' and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid and d.deptype = 'e')
      union all
      select o.nspname, format('%s %I', case when f.prokind = 'p' then 'procedure' else 'function' end, f.proname)
      from outside o
      join pg_catalog.pg_proc f on f.pronamespace = o.oid
      where f.proowner::regrole::text !~ '^(supabase_(\w+_)?admin|pgbouncer)$' and f.prorettype <> 'pg_catalog.event_trigger'::regtype
        and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
      union all
      select o.nspname, format('trigger %I on %I', t.tgname, c.relname)
      from outside o
      join pg_catalog.pg_class c on c.relnamespace = o.oid
      join pg_catalog.pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
      join pg_catalog.pg_proc f on f.oid = t.tgfoid
      join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace
      where fn.nspname in (select backup.included_schemas()) and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_trigger'::regclass and d.objid = t.oid and d.deptype = 'e')
    )
    select 'objects_not_covered', format('schema %I', f.nspname),
           format('Backups do not cover this schema, so what the project has in it is not in one: %s%s. Keep the statements that make it elsewhere as well.',
             array_to_string((array_agg(f.object order by f.object))[1:10], ', '),
             case when count(*) > 10 then format(' and %s more', count(*) - 10) else '' end)
    from found f
    group by f.nspname
    order by f.nspname;
    -- An event trigger belongs to no schema, so it is missed whatever its function's schema is left out for.
    return query
    select 'objects_not_covered', format('event trigger %I', e.evtname),
           format('It is not in the backup, as its function is in schema %s, which is not. Keep the statements that make it elsewhere as well.', n.nspname)
    from pg_catalog.pg_event_trigger e
    join pg_catalog.pg_proc f on f.oid = e.evtfoid
    join pg_catalog.pg_namespace n on n.oid = f.pronamespace
    where n.nspname not in (select backup.included_schemas()) and e.evtowner::regrole::text !~ '^supabase_(\w+_)?admin$'
      and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
    order by e.evtname;
  else
    return query select 'coverage_unknown', 'backup.settings',
      format('Whether the project has objects in schemas that are not covered is not known: role %I may not read it.', current_user);
  end if;
  select count(*) into v_count from pg_catalog.pg_largeobject_metadata;
  if v_count > 0 then
    return query select 'large_objects_not_covered', 'pg_largeobject', format('%s large objects are not in the backup.', v_count);
  end if;
end;
$$;

comment on function backup.coverage_gaps() is
  'What a backup of this database does not hold although one might expect it: Vault secrets, Storage files, large objects, rows of extensions, policies, triggers and functions of the project in schemas of the platform. What its caller may not read is named as coverage_unknown.';
revoke all on function backup.coverage_gaps() from public;
