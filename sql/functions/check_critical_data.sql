-- requires: tables/critical_tables.sql
-- backup.check_critical_data(schema, table, as of)
--
-- Why: a database can be intact and still be useless, when the rows that matter are missing, hollow or stale. What
-- matters is configured in backup.critical_tables; without a row there, this check finds nothing to do.
-- One finding per configured table and aspect: presence, rows, required columns, freshness, predicate. Aspects of a missing table are
-- not examined. A predicate runs read-only; rows where it is null count as violations.
-- Freshness is judged as of p_as_of: in a restored database, the time of the snapshot and not the time of the look.
-- To spread the work, call it once per table: p_schema and p_table narrow it to names, not patterns.
-- Locks: ACCESS SHARE on each table until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_critical_data(
  p_schema text default null,
  p_table  text default null,
  p_as_of  timestamptz default now()
)
returns setof backup.finding
language plpgsql
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_table    record;
  v_aspect   record;
  v_result   jsonb;
  v_expected text;
begin
  for v_table in
    select k.*, format('%I.%I', k.schema_name, k.table_name) as subject, c.oid as relid, c.relkind,
           format('%s%I.%I', case when c.relkind = 'r' and not exists (
               select from pg_catalog.pg_inherits i where i.inhparent = c.oid) then 'only ' else '' end,
             k.schema_name, k.table_name) as relation
    from backup.critical_tables k
    left join pg_catalog.pg_namespace n on n.nspname::text = k.schema_name
    left join pg_catalog.pg_class c
      on c.relnamespace = n.oid and c.relname::text = k.table_name and c.relkind in ('r', 'p')
    where (p_schema is null or k.schema_name = p_schema) and (p_table is null or k.table_name = p_table)
    order by k.schema_name, k.table_name
  loop
    return next ('check_critical_data', v_table.subject,
      case when v_table.relid is null then 'failed' else 'passed' end::backup.verdict, 'the table exists',
      case when v_table.relid is null then 'the table is missing' else 'the table exists' end,
      jsonb_build_object('aspect', 'present'))::backup.finding;
    continue when v_table.relid is null;

    for v_aspect in
      select a.*, e.attname is null as missing
      from (
        select 1 as position, 'rows' as aspect, null::text as column_name,
               format('select jsonb_build_object(''ok'', count(*) >= %s, ''actual'', count(*) || '' rows'') from %s',
                      v_table.min_rows, v_table.relation) as query,
               format('at least %s rows', v_table.min_rows) as expected
        union all
        select 2, 'required column', r.column_name,
               format('select jsonb_build_object(''ok'', count(*) = 0, ''actual'', count(*) || '' rows without a value'') '
                      'from %s t where num_nulls(t.%I) > 0%s', v_table.relation, r.column_name,
                      -- Domains over text are text to the reader, so the category is asked of the base type.
                      case when y.typcategory = 'S' then format(' or btrim(t.%I::text, E'' \t\r\n'') = ''''', r.column_name) else '' end),
               format('%I is filled in every row', r.column_name)
        from unnest(v_table.required_columns) as r (column_name)
        left join pg_catalog.pg_attribute a on a.attrelid = v_table.relid and a.attname::text = r.column_name
        left join pg_catalog.pg_type y on y.oid = a.atttypid
        union all
        select 3, 'freshness', v_table.freshness_column,
               format('select jsonb_build_object(''ok'', coalesce(max(t.%1$I) >= %4$L::timestamptz - %2$L::interval, false), '
                      '''actual'', coalesce(''newest row is '' || date_trunc(''second'', age(%4$L::timestamptz, max(t.%1$I)::timestamptz)) '
                      '|| '' old'', ''no row has a time'')) from %3$s t', v_table.freshness_column, v_table.max_age, v_table.relation, p_as_of),
               format('newest %I is at most %s old', v_table.freshness_column, v_table.max_age)
        where v_table.freshness_column is not null
        union all
        -- The line break keeps a comment at the end of the predicate from swallowing the parenthesis.
        select 4, 'predicate', null,
               format(E'select jsonb_build_object(''ok'', count(*) = 0, ''actual'', count(*) || '' rows violate it'') '
                      'from %s t where ((%s\n) is not true)', v_table.relation, v_table.predicate),
               'the predicate is true in every row'
        where v_table.predicate is not null
      ) a
      left join pg_catalog.pg_attribute e
        on e.attrelid = v_table.relid and e.attname::text = a.column_name and e.attnum > 0 and not e.attisdropped
      order by a.position, a.column_name
    loop
      if v_aspect.missing and v_aspect.column_name is not null then
        return next ('check_critical_data', v_table.subject, 'failed'::backup.verdict, v_aspect.expected,
          'the column is missing',
          jsonb_build_object('aspect', v_aspect.aspect, 'column', v_aspect.column_name))::backup.finding;
        continue;
      end if;
      begin
        v_result := backup._read_only(v_aspect.query);
        return next ('check_critical_data', v_table.subject,
          case when (v_result ->> 'ok')::boolean then 'passed' else 'failed' end::backup.verdict,
          v_aspect.expected, v_result ->> 'actual',
          jsonb_strip_nulls(jsonb_build_object('aspect', v_aspect.aspect, 'column', v_aspect.column_name)))::backup.finding;
      exception when others then
        return next backup._finding_of_error('check_critical_data', v_table.subject, v_aspect.expected, sqlstate, sqlerrm);
      end;
    end loop;
  end loop;
end
$$;

comment on function backup.check_critical_data(text, text, timestamptz) is
  'Examines each table of backup.critical_tables: present, enough rows, required columns filled, fresh, predicate true. Arguments narrow it to a schema and a table, and name the time freshness is judged as of.';
revoke all on function backup.check_critical_data(text, text, timestamptz) from public;
