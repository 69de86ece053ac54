-- backup._sequence_uses(schema, table)
--
-- Why: a sequence and the columns that draw from it are tied in three ways: identity (internal dependency), a default
-- that calls nextval (dependency of the default) and OWNED BY without a default (the application calls nextval). For a
-- column with a default only the sequence in the default counts. Partitions repeat the default of their parent and
-- are covered by reading the parent.
create or replace function backup._sequence_uses(p_schema text default null, p_table text default null)
returns table (sequence_id oid, sequence_name text, relation text, column_name text, column_label text,
               column_type oid, default_expression text)
language sql
stable
set search_path = ''
as $$
  with uses as (
    select d.objid as sequence_id, d.refobjid as relid, d.refobjsubid as attnum, null::text as default_expression
    from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
      and (d.deptype = 'i' or (d.deptype = 'a' and not exists (
        select from pg_catalog.pg_attrdef x where x.adrelid = d.refobjid and x.adnum = d.refobjsubid)))
      and d.refobjsubid > 0
    union
    select d.refobjid, x.adrelid, x.adnum, pg_catalog.pg_get_expr(x.adbin, x.adrelid)
    from pg_catalog.pg_attrdef x
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = x.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
    where d.deptype = 'n'
  )
  select s.oid, format('%I.%I', n.nspname, s.relname), t.relation, a.attname::text,
         format('%s.%I', t.subject, a.attname), coalesce(nullif(y.typbasetype, 0), y.oid), u.default_expression
  from uses u
  join pg_catalog.pg_class s on s.oid = u.sequence_id and s.relkind = 'S'
  join pg_catalog.pg_namespace n on n.oid = s.relnamespace
  join backup._checked_tables(p_schema, p_table) t on t.relid = u.relid
  join pg_catalog.pg_attribute a on a.attrelid = u.relid and a.attnum = u.attnum and not a.attisdropped
  join pg_catalog.pg_type y on y.oid = a.atttypid
  where not t.relispartition or not exists (
    select from uses v
    where v.sequence_id = u.sequence_id and v.relid <> u.relid
      and v.relid in (select p.relid from pg_catalog.pg_partition_ancestors(u.relid) p))
$$;

comment on function backup._sequence_uses(text, text) is
  'Private: which column draws its values from which sequence, by identity, default or ownership.';
revoke all on function backup._sequence_uses(text, text) from public;
