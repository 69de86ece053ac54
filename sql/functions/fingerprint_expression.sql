-- backup.fingerprint_expression(p_relid)
--
-- Why: a restore is proven by comparing contents, so the hash of a row must differ whenever its COPY text differs
-- and must not depend on object ids, row order, server or version.
-- Only types whose hash function is faithful are hashed natively. Everything else goes through its output function,
-- because the native hash would
--   call 1.0 and 1.00 equal (numeric, jsonb), or 0 and -0 (float), ignore trailing blanks (bpchar) or case (citext),
--   or depend on object ids (enum, reg*) or on whether the processor's char is signed ("char"),
--   or not exist (json, xml, geometric types).
-- A cast to text is the output function where no cast of its own exists, which is certain for the castable types. For all
-- others row(…)::text is: it keeps NULL apart from the empty string, but quotes what it joins, at twice the CPU time.
-- The hash of a record is a weighted sum of the hashes of its columns. Added up over rows that would be a sum of columns, blind to
-- two rows that exchange a value, so each row's hash is hashed once more: through numeric, as the hash of int8 keeps 32 bits only.
-- The expression refers to the row as t, so that it can be stored in a manifest and run anywhere without this schema.
create or replace function backup.fingerprint_expression(p_relid oid)
returns text
language sql
stable
set search_path = ''
as $$
  with recursive base(attnum, attname, attcollation, typid) as (
    select a.attnum, a.attname, a.attcollation, a.atttypid
    from pg_catalog.pg_attribute a
    where a.attrelid = p_relid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    union all
    select b.attnum, b.attname, b.attcollation, t.typbasetype
    from base b
    join pg_catalog.pg_type t on t.oid = b.typid
    where t.typtype = 'd'
  ),
  columns as (
    select b.attnum, pg_catalog.format('t.%I', b.attname) as reference,
           t.typnamespace = 'pg_catalog'::regnamespace
           and t.typname = any (array['int2', 'int4', 'int8', 'bool', 'uuid', 'text', 'varchar', 'name', 'bytea',
                                      'date', 'time', 'timestamp', 'timestamptz', 'oid', 'macaddr', 'pg_lsn']::name[])
           and coalesce(c.collisdeterministic, true) as native,
           t.typnamespace = 'pg_catalog'::regnamespace
           and t.typname = any (array['numeric', 'float4', 'float8', 'json', 'jsonb', 'interval']::name[]) as castable
    from base b
    join pg_catalog.pg_type t on t.oid = b.typid
    left join pg_catalog.pg_collation c on c.oid = b.attcollation
    where t.typtype <> 'd'
  ),
  parts as (
    select pg_catalog.string_agg(reference || case when castable then '::text' else '' end, ', ' order by attnum)
             filter (where native or castable) as hashed,
           pg_catalog.string_agg(reference, ', ' order by attnum) filter (where not (native or castable)) as others
    from columns
  )
  select 'pg_catalog.hash_numeric_extended(pg_catalog.hash_record_extended(row('
         || pg_catalog.concat_ws(', ', hashed, 'row(' || others || ')::text')
         || '), 0), 0)'
  from parts
$$;

comment on function backup.fingerprint_expression(oid) is
  'SQL expression over alias t that hashes one row of a table to 64 bits; its sum over all rows is the table''s fingerprint.';
revoke all on function backup.fingerprint_expression(oid) from public;
