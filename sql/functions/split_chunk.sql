-- requires: functions/held_chunks.sql, tables/run_tables.sql
-- backup.split_chunk(p_run_id, p_claim_id, p_chunk_no)
--
-- Why: a range can hold far more text than its pages suggest. It is halved by pages, and inside one page by row numbers,
-- until it is a single row. Returns false when it cannot be split further. An open end is taken to be where the table ends
-- at present: no row of the snapshot is behind it, and halving beyond it would go on for ever.
-- Locks: ACCESS SHARE on the table, for its size. Errors: HF003, HF004.
create or replace function backup.split_chunk(p_run_id text, p_claim_id uuid, p_chunk_no integer)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_chunk  backup.chunks;
  v_pages  bigint;
  v_first  bigint[];
  v_end    bigint[];
  v_middle tid;
  v_next   integer;
begin
  -- Before the lock on the run: this waits for a table that is being altered, and the other workers must not.
  v_pages := (select coalesce(pg_catalog.pg_relation_size(t.relid) / pg_catalog.current_setting('block_size')::integer, t.pages)
              from backup.chunks c join backup.run_tables t using (run_id, schema_name, table_name)
              where c.run_id = p_run_id and c.chunk_no = p_chunk_no and c.end_tid is null);
  -- New numbers come from max() + 1, so two splits of a run must not look at the same time.
  perform from backup.runs r where r.run_id = p_run_id for no key update;
  select h.* into v_chunk from backup.held_chunks(p_run_id, p_claim_id) h where h.chunk_no = p_chunk_no and h.kind = 'data';
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold data chunk %s', p_claim_id, p_chunk_no),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  v_first := ('{' || trim(both '()' from v_chunk.first_tid::text) || '}')::bigint[];
  v_end := case when v_chunk.end_tid is null then array[greatest(v_pages, v_first[1] + 1), 0]
                else ('{' || trim(both '()' from v_chunk.end_tid::text) || '}')::bigint[] end;

  if v_end[1] - v_first[1] >= 2 or (v_end[1] - v_first[1] = 1 and v_end[2] > 0) then
    v_middle := format('(%s,0)', v_first[1] + greatest(1, (v_end[1] - v_first[1]) / 2))::tid;
  else
    -- One page: row numbers start at 1 and an 8 kB page has fewer than 292 of them.
    v_end[2] := case when v_end[1] > v_first[1] then 292 else v_end[2] end;
    v_first[2] := greatest(v_first[2], 1);
    if v_end[2] - v_first[2] < 2 then
      return false;
    end if;
    v_middle := format('(%s,%s)', v_first[1], v_first[2] + (v_end[2] - v_first[2]) / 2)::tid;
  end if;

  v_next := (select max(c.chunk_no) + 1 from backup.chunks c where c.run_id = p_run_id);
  update backup.chunks c set state = 'replaced', claim_id = null, lease_until = null
   where c.run_id = p_run_id and c.chunk_no = p_chunk_no;
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes) values
    (p_run_id, v_next,     'data', v_chunk.schema_name, v_chunk.table_name, v_chunk.first_tid, v_middle, v_chunk.estimated_bytes / 2),
    (p_run_id, v_next + 1, 'data', v_chunk.schema_name, v_chunk.table_name, v_middle, v_chunk.end_tid,   v_chunk.estimated_bytes / 2);
  return true;
end;
$$;

comment on function backup.split_chunk(text, uuid, integer) is
  'Replaces a claimed data chunk by two halves; false when it is down to one row, also with an open end. Errors: HF003, HF004.';
revoke all on function backup.split_chunk(text, uuid, integer) from public;
