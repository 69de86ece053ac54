-- requires: functions/included_schemas.sql
-- backup.schema_fingerprint()
--
-- Why: taken in the snapshot and again at the end of a run; when they differ, DDL ran in between and the captured
-- schema may not fit the data. Compares object ids and row versions of the catalog, which is cheap; columns that ANALYZE,
-- VACUUM and CLUSTER touch are left out. Only comparable inside one database.
-- Not noticed, because no row that is copied depends on it: comments, options of sequences, publications, extended
-- statistics, default privileges, operators, casts, collations, text search, settings of roles and of the database.
create or replace function backup.schema_fingerprint()
returns text
language sql
stable
set search_path = ''
as $$
  with schemas as materialized (
    select n.oid, n.nspname, n.nspowner, n.nspacl
    from pg_catalog.pg_namespace n
    where n.nspname in (select backup.included_schemas())
  ),
  relations as materialized (
    select c.* from pg_catalog.pg_class c where c.relnamespace in (select oid from schemas)
  ),
  facts(fact) as (
    select row('n', s.oid, s.nspname, s.nspowner, s.nspacl)::text from schemas s
    union all
    select row('c', c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl, c.relpersistence,
               c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispartition, c.reloptions,
               pg_catalog.pg_get_expr(c.relpartbound, c.oid))::text
    from relations c
    union all
    select row('a', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef,
               a.attgenerated, a.attidentity, a.attisdropped, a.attcollation, a.attacl, a.attoptions)::text
    from pg_catalog.pg_attribute a join relations c on c.oid = a.attrelid where a.attnum > 0
    union all
    select row('d', d.oid, d.xmin)::text from pg_catalog.pg_attrdef d join relations c on c.oid = d.adrelid
    union all
    select row('k', k.oid, k.xmin)::text from pg_catalog.pg_constraint k where k.connamespace in (select oid from schemas)
    union all
    select row('i', i.indexrelid, i.indkey, i.indisvalid, i.indisready, i.indisunique)::text
    from pg_catalog.pg_index i join relations c on c.oid = i.indexrelid
    union all
    select row('t', t.oid, t.xmin)::text from pg_catalog.pg_trigger t join relations c on c.oid = t.tgrelid
    union all
    select row('r', r.oid, r.xmin)::text from pg_catalog.pg_rewrite r join relations c on c.oid = r.ev_class
    union all
    select row('p', p.oid, p.xmin)::text from pg_catalog.pg_policy p join relations c on c.oid = p.polrelid
    union all
    select row('f', p.oid, p.xmin)::text from pg_catalog.pg_proc p where p.pronamespace in (select oid from schemas)
    union all
    select row('y', t.oid, t.xmin)::text from pg_catalog.pg_type t where t.typnamespace in (select oid from schemas)
    union all
    select row('e', e.oid, e.xmin)::text
    from pg_catalog.pg_enum e join pg_catalog.pg_type t on t.oid = e.enumtypid where t.typnamespace in (select oid from schemas)
    union all
    select row('x', x.oid, x.extname, x.extversion)::text from pg_catalog.pg_extension x
  )
  select pg_catalog.md5(pg_catalog.string_agg(fact, E'\n' order by fact collate "C")) from facts
$$;

comment on function backup.schema_fingerprint() is
  'Hash of the catalog of all included schemas, to notice DDL during an export. Not comparable between databases.';
revoke all on function backup.schema_fingerprint() from public;
