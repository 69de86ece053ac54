-- requires: tables/row_shrink_limits.sql, tables/critical_tables.sql
-- backup.check_row_counts(schema, table)
--
-- Why: a table that vanished or lost many rows since the newest complete run is the cheapest sign of damage.
-- Counts exactly: one scan per table. One finding per table; a partitioned table is counted by partition, as it is
-- exported, and once more as a whole where it is a critical table.
-- Without an earlier run there is nothing to compare with: skipped, while configured minimums still apply.
-- A renamed table fails as missing until the next run; the evidence names what its object id is called today.
-- To spread the work, call it once per table: p_schema and p_table narrow it to names, not patterns.
-- Locks: ACCESS SHARE on each table, until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_row_counts(p_schema text default null, p_table text default null)
returns setof backup.finding
language plpgsql
stable
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_run      text := (select r.run_id from backup.runs r where r.state = 'complete'
                      order by r.snapshot_at desc nulls last, r.run_id desc limit 1);
  v_table    record;
  v_rows     bigint;
  v_reasons  text[];
  v_evidence jsonb;
  v_expected text;
begin
  for v_table in
    select coalesce(t.subject, format('%I.%I', b.schema_name, b.table_name)) as subject, t.relation,
           b.rows as rows_before, k.min_rows, coalesce(x.threshold, s.row_shrink_threshold) as threshold,
           b.relid::regclass::text as same_oid, c.oid is not null as excluded
    from (select * from backup._checked_tables(p_schema, p_table) a
          where a.relkind = 'r'
             or exists (select from backup.critical_tables k
                        where k.schema_name = a.schema_name and k.table_name = a.table_name)) t
    full join (select * from backup.run_tables rt
               where rt.run_id = v_run and rt.status = 'exported'
                 and (p_schema is null or rt.schema_name = p_schema)
                 and (p_table is null or rt.table_name = p_table)) b
      on b.schema_name = t.schema_name and b.table_name = t.table_name
    left join backup.critical_tables k
      on k.schema_name = t.schema_name and k.table_name = t.table_name
    left join backup.row_shrink_limits x
      on x.schema_name = t.schema_name and x.table_name = t.table_name
    left join pg_catalog.pg_namespace n on n.nspname::text = b.schema_name
    left join pg_catalog.pg_class c
      on c.relnamespace = n.oid and c.relname::text = b.table_name and c.relkind in ('r', 'p')
    cross join backup.settings s
    order by coalesce(t.schema_name, b.schema_name), coalesce(t.table_name, b.table_name)
  loop
    v_evidence := jsonb_strip_nulls(jsonb_build_object(
      'run_id', case when v_table.rows_before is not null then v_run end, 'rows_before', v_table.rows_before,
      'threshold', v_table.threshold, 'min_rows', v_table.min_rows));

    if v_table.relation is null then
      if v_table.excluded then
        return next ('check_row_counts', v_table.subject, 'skipped'::backup.verdict, null::text,
          'the table is no longer part of backups', v_evidence)::backup.finding;
      else
        return next ('check_row_counts', v_table.subject, 'failed'::backup.verdict,
          format('the table exists with about %s rows', v_table.rows_before), 'the table is missing',
          v_evidence || jsonb_build_object('object_id_is_now', v_table.same_oid))::backup.finding;
      end if;
      continue;
    end if;

    v_expected := concat_ws(' and ',
      'at least ' || v_table.min_rows || ' rows',
      'at least ' || ceil(v_table.rows_before * (1 - v_table.threshold)) || ' of ' || v_table.rows_before || ' rows');
    begin
      execute format('select count(*) from %s', v_table.relation) into v_rows;
    exception when others then
      return next backup._finding_of_error('check_row_counts', v_table.subject, v_expected, sqlstate, sqlerrm);
      continue;
    end;

    v_reasons := array_remove(array[
      case when v_rows < v_table.min_rows then 'below the configured minimum' end,
      case when v_rows < v_table.rows_before * (1 - v_table.threshold) then 'lost rows since the newest run' end], null);
    return next ('check_row_counts', v_table.subject,
      (case when v_reasons <> '{}' then 'failed'
            when v_run is null and v_table.min_rows is null then 'skipped'
            else 'passed' end)::backup.verdict,
      nullif(v_expected, ''),
      concat_ws(': ', v_rows || ' rows', case
        when v_reasons <> '{}' then array_to_string(v_reasons, ', ')
        when v_run is null then 'no complete run to compare with'
        when v_table.rows_before is null and v_table.min_rows is null then 'new since the newest run' end),
      v_evidence || jsonb_build_object('rows', v_rows))::backup.finding;
  end loop;
end
$$;

comment on function backup.check_row_counts(text, text) is
  'Counts every table and compares with the newest complete run: a missing table, a loss beyond the threshold or fewer rows than the configured minimum fail. Arguments narrow it to a schema and a table.';
revoke all on function backup.check_row_counts(text, text) from public;
