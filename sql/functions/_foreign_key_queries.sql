-- backup._foreign_key_queries(constraint oid, samples)
--
-- Why: writes the two searches of one foreign key as SQL, so that they can be read and tested apart from the loop.
-- orphans: referencing rows without a referenced row, as an anti-join over the key's own equality operators (compared in
-- the collation of the referenced column, as the key does), which the planner can hash; it returns the count and the
-- first rows found. partial: rows of a MATCH FULL key where some columns are null and others not; null where it cannot be.
-- A sample names a row by its address, and by its primary key only where that consists of integers or uuids: other
-- keys (an e-mail address, a name) are contents of the row.
create or replace function backup._foreign_key_queries(p_constraint oid, p_samples integer)
returns table (orphans text, partial text)
language sql
stable
set search_path = ''
as $$
  with con as (
    select c.oid, c.conrelid, c.confrelid, c.confmatchtype, c.conkey, c.confkey, c.conpfeqop,
           format('%s%I.%I', case f.relkind when 'p' then '' else 'only ' end, fn.nspname, f.relname) as referencing,
           format('%s%I.%I', case r.relkind when 'p' then '' else 'only ' end, rn.nspname, r.relname) as referenced
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class f on f.oid = c.conrelid
    join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
    join pg_catalog.pg_class r on r.oid = c.confrelid
    join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
    where c.oid = p_constraint
  ), keys as (
    select count(*) as columns,
           string_agg(format('f.%I is not null', fa.attname), ' and ' order by k.position) as all_set,
           string_agg(format('f.%I', fa.attname), ', ' order by k.position) as referencing_columns,
           string_agg(format('r.%I operator(%I.%s) f.%I%s', ra.attname, n.nspname, o.oprname, fa.attname,
             case when ra.attcollation <> 0 and ra.attcollation <> fa.attcollation
                  then format(' collate %I.%I', cn.nspname, co.collname) else '' end), ' and ' order by k.position) as matches
    from con
    cross join unnest(con.conkey, con.confkey, con.conpfeqop) with ordinality as k (fattnum, rattnum, op, position)
    join pg_catalog.pg_attribute fa on fa.attrelid = con.conrelid and fa.attnum = k.fattnum
    join pg_catalog.pg_attribute ra on ra.attrelid = con.confrelid and ra.attnum = k.rattnum
    join pg_catalog.pg_operator o on o.oid = k.op
    join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
    left join pg_catalog.pg_collation co on co.oid = ra.attcollation
    left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
  ), primary_key as (
    select string_agg(format('%L, f.%I', a.attname, a.attname), ', ' order by a.attnum) as pairs
    from con
    join pg_catalog.pg_index i on i.indrelid = con.conrelid and i.indisprimary
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    having bool_and(a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype))
  ), parts as (
    select con.*, keys.*,
           format('select jsonb_build_object(''rows'', count(*), ''samples'', coalesce(jsonb_agg(s.sample) filter '
             '(where s.position <= %s), ''[]'')) from (select row_number() over () as position, '
             'jsonb_build_object(''table'', f.tableoid::regclass::text, ''ctid'', f.ctid::text%s) as sample from %s f where ',
             greatest(p_samples, 0),
             coalesce(', ''key'', jsonb_build_object(' || (select pairs from primary_key) || ')', ''),
             con.referencing) as head
    from con, keys
  )
  select head || format('%s and not exists (select from %s r where %s)) s', all_set, referenced, matches),
         case when confmatchtype = 'f' and columns > 1
              then head || format('num_nulls(%s) between 1 and %s) s', referencing_columns, columns - 1) end
  from parts
$$;

comment on function backup._foreign_key_queries(oid, integer) is
  'Private: the SQL with which check_foreign_keys searches one foreign key for orphans and for partial MATCH FULL keys.';
revoke all on function backup._foreign_key_queries(oid, integer) from public;
