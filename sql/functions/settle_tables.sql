-- requires: tables/run_tables.sql, tables/chunks.sql, functions/fingerprint_of_sum.sql
-- backup.settle_tables(p_run_id)
--
-- Why: the totals of a table are the sums over its chunks. A table that was counted in the snapshot must have been copied
-- with exactly that many rows, and the chunks of every table must cover it from its first page to its end without gap or
-- overlap, which is all that speaks for a table that was not counted. Called before the manifest is written.
-- Errors: HF304 copied rows do not add up, or chunks do not.
create or replace function backup.settle_tables(p_run_id text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_wrong record;
  v_count integer;
begin
  -- Of a new run the planner expects one row, and would add up all chunks again for each table: 75 s with 540 of them.
  with totals as materialized (
    select t.schema_name, t.table_name, coalesce(sum(c.rows), 0)::bigint as rows, coalesce(sum(c.row_hash_sum), 0) as hash
    from backup.run_tables t
    left join backup.chunks c
      on (c.run_id, c.schema_name, c.table_name) = (t.run_id, t.schema_name, t.table_name) and c.state = 'done'
    where t.run_id = p_run_id and t.status <> 'excluded'
    group by t.schema_name, t.table_name
  )
  update backup.run_tables t
     set status = 'exported', rows = totals.rows, fingerprint = backup.fingerprint_of_sum(totals.hash)
    from totals
   where t.run_id = p_run_id and (t.schema_name, t.table_name) = (totals.schema_name, totals.table_name);
  get diagnostics v_count = row_count;

  select t.schema_name, t.table_name, t.planned_rows, t.rows into v_wrong
  from backup.run_tables t
  where t.run_id = p_run_id and t.status = 'exported' and t.planned_rows <> t.rows
  order by t.schema_name, t.table_name limit 1;
  if found then
    raise exception using errcode = 'HF304',
      message = format('table %I.%I was copied with %s rows', v_wrong.schema_name, v_wrong.table_name, v_wrong.rows),
      detail  = format('The snapshot holds %s.', v_wrong.planned_rows),
      hint    = 'Nothing was committed. Start another run; if it happens again, report it.';
  end if;

  select t.schema_name, t.table_name into v_wrong
  from backup.run_tables t
  left join lateral (
    select bool_and(case when r.place = 1 then r.first_tid = '(0,0)' else r.first_tid is not distinct from r.end_before end
                    and (r.end_tid is null) = (r.place = r.places)) as covered
    from (
      select c.first_tid, c.end_tid, lag(c.end_tid) over (order by c.first_tid) as end_before,
             row_number() over (order by c.first_tid) as place, count(*) over () as places
      from backup.chunks c
      where (c.run_id, c.schema_name, c.table_name) = (t.run_id, t.schema_name, t.table_name) and c.state = 'done'
    ) r
  ) one on true
  where t.run_id = p_run_id and t.status = 'exported' and not coalesce(one.covered, t.pages = 0)
  order by t.schema_name, t.table_name limit 1;
  if found then
    raise exception using errcode = 'HF304',
      message = format('the chunks of table %I.%I do not cover it exactly once', v_wrong.schema_name, v_wrong.table_name),
      hint    = 'Nothing was committed. Start another run; if it happens again, report it.';
  end if;
  return v_count;
end;
$$;

comment on function backup.settle_tables(text) is 'Computes rows and fingerprint of every table of a run from its chunks. Errors: HF304.';
revoke all on function backup.settle_tables(text) from public;
