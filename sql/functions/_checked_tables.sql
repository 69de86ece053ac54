-- backup._checked_tables(schema, table)
--
-- Why: one answer to "which tables do the checks look at", equal to what an export covers: every ordinary and
-- partitioned table of the included schemas, without those that an extension brings along.
-- relation is ready for a FROM clause: an ordinary table is read with ONLY, so that rows of inheriting tables and
-- partitions count once, in their own table; a partitioned table has no rows of its own and is read whole.
-- Asked for one table it finds it by the index of pg_class: a proof asks three times for each of ten thousand.
create or replace function backup._checked_tables(p_schema text default null, p_table text default null)
returns table (relid oid, schema_name text, table_name text, subject text, relation text, relkind "char",
               relispartition boolean, relowner oid)
language sql
stable
set search_path = ''
as $$
  select c.oid, n.nspname::text, c.relname::text, format('%I.%I', n.nspname, c.relname),
         format('%s%I.%I', case when c.relkind = 'r' then 'only ' else '' end, n.nspname, c.relname),
         c.relkind, c.relispartition, c.relowner
  from (select r.oid, r.relname, r.relnamespace, r.relkind, r.relispartition, r.relowner
        from pg_catalog.pg_class r where p_table is null and r.relkind in ('r', 'p')
        union all
        select r.oid, r.relname, r.relnamespace, r.relkind, r.relispartition, r.relowner
        from pg_catalog.pg_class r where p_table is not null and r.relname = p_table::name and r.relkind in ('r', 'p')) c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname in (select backup.included_schemas())
    and (p_schema is null or n.nspname::text = p_schema)
    and (p_table is null or c.relname::text = p_table)
    and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by n.nspname, c.relname
$$;

comment on function backup._checked_tables(text, text) is
  'Private: the tables that checks examine, optionally of one schema or of one name.';
revoke all on function backup._checked_tables(text, text) from public;
