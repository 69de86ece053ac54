-- backup.table_stats(exact, schema, table)
--
-- Why: size and growth per table in one place, beside what the newest complete run held. Estimates come from the
-- planner's statistics and cost nothing; p_exact counts every row, one scan per table. A table that cannot be read, or
-- of which a policy would hide rows, keeps null in exact_rows and rows_since_run: no number is better than a wrong one.
-- The estimate is null where a table was never analyzed. A partitioned table has no rows of its own; its partitions are listed.
-- Locks: ACCESS SHARE on each table until the transaction ends; waits at most 10 s for it.
create or replace function backup.table_stats(
  p_exact  boolean default false,
  p_schema text default null,
  p_table  text default null
)
returns table (
  schema_name text, table_name text, estimated_rows bigint, exact_rows bigint, total_bytes bigint, heap_bytes bigint,
  toast_bytes bigint, index_bytes bigint, dead_rows bigint, last_analyzed_at timestamptz, rows_at_run bigint, rows_since_run bigint)
language plpgsql
stable
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_table record;
begin
  for v_table in
    select t.relation, t.schema_name, t.table_name, t.relid, nullif(c.reltuples, -1)::bigint as estimated_rows,
           coalesce(pg_catalog.pg_table_size(nullif(c.reltoastrelid, 0)), 0) as toast_bytes,
           s.n_dead_tup, greatest(s.last_analyze, s.last_autoanalyze) as last_analyzed_at, b.rows
    from backup._checked_tables(p_schema, p_table) t
    join pg_catalog.pg_class c on c.oid = t.relid
    left join pg_catalog.pg_stat_all_tables s on s.relid = t.relid
    left join backup.run_tables b
      on b.schema_name = t.schema_name and b.table_name = t.table_name and b.status = 'exported'
     and b.run_id = (select r.run_id from backup.runs r where r.state = 'complete'
                     order by r.snapshot_at desc nulls last, r.run_id desc limit 1)
    where t.relkind = 'r'
    order by t.schema_name, t.table_name
  loop
    schema_name := v_table.schema_name;
    table_name := v_table.table_name;
    estimated_rows := v_table.estimated_rows;
    toast_bytes := v_table.toast_bytes;
    total_bytes := pg_catalog.pg_total_relation_size(v_table.relid);
    heap_bytes := pg_catalog.pg_table_size(v_table.relid) - toast_bytes;
    index_bytes := pg_catalog.pg_indexes_size(v_table.relid);
    dead_rows := v_table.n_dead_tup;
    last_analyzed_at := v_table.last_analyzed_at;
    rows_at_run := v_table.rows;
    exact_rows := null;
    if p_exact then
      begin
        execute format('select count(*) from %s', v_table.relation) into exact_rows;
      exception when insufficient_privilege or lock_not_available or undefined_table then
        exact_rows := null;
      end;
    end if;
    rows_since_run := case when p_exact then exact_rows else estimated_rows end - rows_at_run;
    return next;
  end loop;
end
$$;

comment on function backup.table_stats(boolean, text, text) is
  'Rows (estimated, on request exact), sizes, dead rows and last analyze per table, beside the newest complete run. Arguments: count exactly, and a schema and a table to narrow it to.';
revoke all on function backup.table_stats(boolean, text, text) from public;
