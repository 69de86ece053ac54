-- backup.fingerprint_expression(p_relid)
--
-- Why: a restore is proven by comparing contents, so the hash of a row must differ whenever its COPY text differs
-- and must not depend on object ids, row order, server or version.
-- Only types whose hash function is faithful are hashed natively. Everything else goes through its output function,
-- because the native hash would
--   call 1.0 and 1.00 equal (numeric, jsonb), or 0 and -0 (float), ignore trailing blanks (bpchar) or case (citext),
--   keep 32 of 64 bits (int8, timestamp, time: 5 is as 4294967300),
--   or depend on object ids (enum, reg*) or on whether the processor's char is signed ("char"),
--   or not exist (json, xml, geometric types).
-- A cast to text is the output function where no cast of its own exists, which is certain for the castable types; the workers of
-- an export make that text once for hash and row. For all others row(…)::text is: it keeps NULL apart from the empty string, but
-- quotes what it joins, at twice the CPU time.
-- Each column has a seed of its own, so that two columns do not exchange their values unnoticed, and NULL is the seed. The hash
-- of what they are combined to keeps the sum over rows from being a sum of columns, blind to two rows that exchange a value.
-- Calls of the functions by their names are half of the time of hash_record_extended(row(…)), which looks them up for each value.
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
           case
             when t.typnamespace <> 'pg_catalog'::regnamespace or not coalesce(c.collisdeterministic, true) then null
             when t.typname in ('text', 'varchar') then 'hashtextextended(%s'
             when t.typname in ('int8', 'numeric', 'float4', 'float8', 'json', 'jsonb', 'date', 'time', 'timestamp', 'timestamptz',
                                'interval', 'bytea', 'name', 'macaddr', 'pg_lsn') then 'hashtextextended(%s::text'
             when t.typname = 'int2' then 'hashint2extended(%s'
             when t.typname = 'int4' then 'hashint4extended(%s'
             when t.typname = 'oid' then 'hashoidextended(%s'
             when t.typname = 'bool' then 'hashint4extended(%s::integer'
             when t.typname = 'uuid' then 'uuid_hash_extended(%s'
           end as call
    from base b
    join pg_catalog.pg_type t on t.oid = b.typid
    left join pg_catalog.pg_collation c on c.oid = b.attcollation
    where t.typtype <> 'd'
  ),
  terms as (
    select pg_catalog.row_number() over (order by c.attnum) as place,
           pg_catalog.format('coalesce(pg_catalog.%1$s, %2$s), %2$s)', pg_catalog.format(c.call, c.reference),
                             pg_catalog.row_number() over (order by c.attnum)) as term
    from columns c
    where c.call is not null
    union all
    select 0, 'pg_catalog.hashtextextended(row(' || pg_catalog.string_agg(c.reference, ', ' order by c.attnum) || ')::text, 0)'
    from columns c
    where c.call is null
    having count(*) > 0
  ),
  -- In groups, since hundreds of columns would nest as many operators.
  groups as (
    select t.place / 50 as no, '(' || pg_catalog.string_agg(t.term, ' # ' order by t.place) || ')' as combined
    from terms t
    group by 1
  )
  select 'pg_catalog.hashint4extended(0, ' || coalesce(pg_catalog.string_agg(g.combined, ' # ' order by g.no), '0') || ')'
  from groups g
$$;

comment on function backup.fingerprint_expression(oid) is
  'SQL expression over alias t that hashes one row of a table to 64 bits; its sum over all rows is the table''s fingerprint.';
revoke all on function backup.fingerprint_expression(oid) from public;
