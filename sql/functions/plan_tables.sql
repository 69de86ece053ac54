-- requires: functions/included_schemas.sql, functions/fingerprint_expression.sql, types/table_status.sql, tables/settings.sql
-- backup.plan_tables()
--
-- Why: says for every table what happens to its rows, so that nothing is left out in silence. Runs inside the
-- snapshot: pg_class is read as of the snapshot, sizes and storage files as of now. A table that is not readable, or that
-- was rewritten between snapshot and plan, is an error and not a gap.
-- Counting reads a table, and nobody can work on the run meanwhile: the smallest tables are counted, up to a limit for all of
-- them together, so that planning takes no longer the larger the database is.
-- Locks: ACCESS SHARE on each table while it is counted. Errors: HF305 not readable, HF301 rewritten.
create or replace function backup.plan_tables()
returns table (
  schema_name text, table_name text, relid oid, status backup.table_status, reason text, columns text[],
  fingerprint_expression text, filenode oid, pages bigint, total_bytes bigint, planned_rows bigint)
language plpgsql
stable
set search_path = ''
set row_security = off
as $$
declare
  v_block_size  integer := pg_catalog.current_setting('block_size')::integer;
  v_count_limit bigint := (select s.count_at_plan_bytes from backup.settings s) / v_block_size;
  v_count_left  bigint := v_count_limit;
  v_table record;
  v_refusal text[];
begin
  for v_table in
    select n.nspname, n.oid as schema_oid, c.relname, c.oid, c.relkind, c.relfilenode,
           e.extname,
           i.included,
           sum(k.pages) over (order by k.pages, c.oid) <= v_count_limit as among_smallest,
           array(select a.attname::text from pg_catalog.pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                 order by a.attnum) as columns
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral (select n.nspname in (select backup.included_schemas()) as included) i
    left join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    left join pg_catalog.pg_extension e on e.oid = d.refobjid
    -- Of tables to be counted, as of the last VACUUM or ANALYZE where there was one: it only says which of them come first.
    cross join lateral (select case when c.relkind = 'r' and i.included and e.oid is null
                                    then case when c.relpages > 0 then c.relpages else pg_catalog.pg_relation_size(c.oid) / v_block_size end end as pages) k
    where c.relkind in ('r', 'p', 'm', 'f')
      and n.nspname <> 'information_schema' and n.nspname !~ '^pg_(catalog|toast|temp_|toast_temp_)'
    order by n.nspname, c.relname
  loop
    schema_name := v_table.nspname;
    table_name := v_table.relname;
    relid := v_table.oid;
    columns := v_table.columns;
    status := 'excluded';
    fingerprint_expression := null; filenode := null; pages := 0; total_bytes := 0; planned_rows := null;
    reason := case
      when not v_table.included then 'schema is not part of backups'
      when v_table.relkind = 'p' then 'partitioned: its rows are exported by partition'
      when v_table.relkind = 'm' then 'materialized view: filled again after a restore'
      when v_table.relkind = 'f' then 'foreign table: its rows live on another server'
      when v_table.extname is not null then format('belongs to extension %s', v_table.extname)
    end;
    if reason is null then
      v_refusal := case
        when not pg_catalog.has_schema_privilege(v_table.schema_oid, 'usage') then array[
          format('Role %I has no USAGE privilege on the schema.', current_user),
          format('Run grant usage on schema %I to %I', schema_name, current_user)]
        when not pg_catalog.has_table_privilege(v_table.oid, 'select') then array[
          format('Role %I has no SELECT privilege.', current_user),
          format('Run grant select on %I.%I to %I', schema_name, table_name, current_user)]
        when pg_catalog.row_security_active(v_table.oid) then array[
          format('Row security hides rows from role %I.', current_user),
          format('Run alter role %I bypassrls', current_user)]
      end;
      if v_refusal is not null then
        raise exception using
          errcode = 'HF305',
          message = format('table %I.%I cannot be read', schema_name, table_name),
          detail  = v_refusal[1],
          hint    = v_refusal[2] || ', or add the schema to backup.settings.excluded_schemas.';
      end if;
      status := 'pending';
      pages := pg_catalog.pg_relation_size(v_table.oid) / v_block_size;
      total_bytes := pg_catalog.pg_table_size(v_table.oid);
      fingerprint_expression := backup.fingerprint_expression(v_table.oid);
      -- A table that stores its rows elsewhere has no pages and so no chunks: its count shows that they are missing.
      if pages = 0 or v_table.among_smallest and pages <= v_count_left then
        v_count_left := v_count_left - pages;
        -- A lock is held to the end of its transaction, and each count takes one for the table and one for every index: ten thousand
        -- partitions fill the server's lock table. What a rolled back subtransaction has locked is free again; its count stays.
        begin
          execute format('select count(*) from only %I.%I', schema_name, table_name) into planned_rows;
          raise exception using errcode = 'ZZ000', message = 'counted';
        exception when sqlstate 'ZZ000' then null;
        end;
      end if;
      -- Last: asking for the size waits for whoever holds the table, and a TRUNCATE that ends then gives it another file.
      filenode := pg_catalog.pg_relation_filenode(v_table.oid);
      if filenode is distinct from v_table.relfilenode then
        raise exception using
          errcode = 'HF301',
          message = format('table %I.%I was rewritten or dropped while the run began', schema_name, table_name),
          hint    = 'Start the run again when migrations and VACUUM FULL have ended.';
      end if;
    end if;
    return next;
  end loop;
end;
$$;

comment on function backup.plan_tables() is
  'Every table of the database with what a backup does with its rows, as backup.run_tables stores it. Errors: HF301, HF305.';
revoke all on function backup.plan_tables() from public;
