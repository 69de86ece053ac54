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
  if has_table_privilege('backup.settings', 'select') then
    -- What a project adds to tables of the platform. Schemas that a setting leaves out are left out on purpose.
    return query
      select 'policies_not_covered', format('%I.%I', n.nspname, c.relname),
             format('Policies and triggers of the project on this table (%s) are not in the backup, as schema %s is not. Keep them in a migration as well.',
               count(*), n.nspname)
      from (
        select p.polrelid as relid from pg_catalog.pg_policy p
        union all
        select t.tgrelid from pg_catalog.pg_trigger t
        join pg_catalog.pg_proc f on f.oid = t.tgfoid join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace
        where not t.tgisinternal and fn.nspname in (select i from backup.included_schemas() i)
      ) as added
      join pg_catalog.pg_class c on c.oid = added.relid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      cross join backup.settings s
      where s.included_schemas is null and n.nspname::text <> all (s.excluded_schemas) and n.nspname <> all (array['backup', 'cron', 'vault', 'net'])
        and n.nspname not in (select i from backup.included_schemas() i)
        and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      group by n.nspname, c.relname
      order by 2;
    -- Those of the platform belong to its superuser, which the target has its own of.
    return query
      select 'event_trigger_not_covered', format('%I', e.evtname),
             format('This event trigger is not in the backup, as its function is in schema %s, which is not.', n.nspname)
      from pg_catalog.pg_event_trigger e
      join pg_catalog.pg_roles r on r.oid = e.evtowner
      join pg_catalog.pg_proc f on f.oid = e.evtfoid
      join pg_catalog.pg_namespace n on n.oid = f.pronamespace
      where not r.rolsuper and n.nspname not in (select i from backup.included_schemas() i)
        and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
      order by 2;
  else
    return query select 'coverage_unknown', 'backup.settings',
      format('Whether policies and event triggers are not in the backup is not known: role %I may not read it.', current_user);
  end if;
  select count(*) into v_count from pg_catalog.pg_largeobject_metadata;
  if v_count > 0 then
    return query select 'large_objects_not_covered', 'pg_largeobject', format('%s large objects are not in the backup.', v_count);
  end if;
end;
$$;

comment on function backup.coverage_gaps() is
  'What a backup of this database does not hold although one might expect it: Vault secrets, Storage files, large objects, rows of extensions, policies on tables that are left to the platform. What its caller may not read is named as coverage_unknown.';
revoke all on function backup.coverage_gaps() from public;
