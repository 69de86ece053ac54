-- backup.chunk_ranges(p_pages, p_total_bytes, p_chunk_bytes)
--
-- Why: ctid ranges of about the same size in heap and TOAST. The last one is open-ended, so that rows in pages added
-- after planning are covered. A table without pages has no rows and no ranges.
create or replace function backup.chunk_ranges(p_pages bigint, p_total_bytes bigint, p_chunk_bytes bigint)
returns table (first_tid tid, end_tid tid, estimated_bytes bigint)
language sql
immutable
set search_path = ''
as $$
  with sizes as (
    select greatest(1, floor(p_chunk_bytes::numeric * p_pages / greatest(p_total_bytes, 1)))::bigint as step
    where p_pages > 0
  )
  select format('(%s,0)', start)::tid,
         case when start + step < p_pages then format('(%s,0)', start + step)::tid end,
         (p_total_bytes * least(step, p_pages - start) / p_pages)::bigint
  from sizes, generate_series(0, p_pages - 1, step) as start
$$;

comment on function backup.chunk_ranges(bigint, bigint, bigint) is
  'Splits a table of p_pages pages into ctid ranges of about p_chunk_bytes; the end is exclusive, null means to the end.';
revoke all on function backup.chunk_ranges(bigint, bigint, bigint) from public;
