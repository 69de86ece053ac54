-- requires: functions/included_schemas.sql
-- backup.coverage_gaps()
--
-- Why: what a backup does not hold is part of its result and must be told before somebody needs it. Tables that are left
-- out are in backup.run_tables with their reason; this names what is no table, or what looks covered and is not.
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
  if to_regclass('vault.secrets') is not null and has_table_privilege('vault.secrets', 'select') then
    execute 'select count(*) from vault.secrets' into v_count;
    if v_count > 0 then
      return query select 'vault_not_covered', 'vault.secrets',
        format('%s Vault secrets are not in the backup: they are encrypted with a key that never leaves the project. Keep them elsewhere as well.', v_count);
    end if;
  end if;
  if to_regclass('storage.objects') is not null and has_table_privilege('storage.objects', 'select') then
    execute 'select count(*) from storage.objects' into v_count;
    if v_count > 0 then
      return query select 'storage_files_not_covered', 'storage.objects',
        format('The rows of %s Storage files are in the backup, the files themselves are not.', v_count);
    end if;
  end if;
  select count(*) into v_count from pg_catalog.pg_largeobject_metadata;
  if v_count > 0 then
    return query select 'large_objects_not_covered', 'pg_largeobject', format('%s large objects are not in the backup.', v_count);
  end if;
  for v_table in
    select distinct c.oid::regclass as name, e.extname
    from pg_catalog.pg_extension e
    cross join lateral unnest(e.extconfig) as member(oid)
    join pg_catalog.pg_class c on c.oid = member.oid and c.relkind = 'r'
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname <> all (array['cron', 'vault', 'net'])
  loop
    if has_table_privilege(v_table.name, 'select') then
      execute format('select count(*) from %s', v_table.name) into v_count;
      if v_count > 0 then
        return query select 'extension_rows_not_covered', v_table.name::text,
          format('Rows of a configuration table of extension %s are not in the backup.', v_table.extname);
      end if;
    end if;
  end loop;
end;
$$;

comment on function backup.coverage_gaps() is
  'What a backup of this database does not hold although one might expect it: Vault secrets, Storage files, large objects, rows of extensions.';
revoke all on function backup.coverage_gaps() from public;
