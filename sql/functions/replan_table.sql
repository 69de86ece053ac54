-- requires: functions/held_chunks.sql, functions/chunk_ranges.sql, tables/run_tables.sql
-- backup.replan_table(p_run_id, p_claim_id, p_chunk_no, p_filenode, p_pages, p_total_bytes, p_rows)
--
-- Why: VACUUM FULL and CLUSTER give every row another address, so ranges that were copied before no longer tell which rows
-- are missing. When the snapshot still sees as many rows as at planning time the table is copied again from its first
-- chunk; objects that were stored for it stay behind as debris. Otherwise (TRUNCATE, a rewriting ALTER, a table that was not
-- counted) the rows of the snapshot are gone or cannot be proven to be there.
-- Returns false in that case and changes nothing. Errors: HF003, HF004.
create or replace function backup.replan_table(
  p_run_id text, p_claim_id uuid, p_chunk_no integer, p_filenode oid, p_pages bigint, p_total_bytes bigint, p_rows bigint)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_chunk_bytes bigint := (select s.chunk_bytes from backup.settings s);
  v_chunk backup.chunks;
  v_table backup.run_tables;
  v_next  integer;
begin
  perform from backup.runs r where r.run_id = p_run_id for no key update;
  select h.* into v_chunk from backup.held_chunks(p_run_id, p_claim_id) h where h.chunk_no = p_chunk_no and h.kind = 'data';
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold data chunk %s', p_claim_id, p_chunk_no),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  select * into v_table from backup.run_tables t
   where (t.run_id, t.schema_name, t.table_name) = (p_run_id, v_chunk.schema_name, v_chunk.table_name) for update;
  if v_table.filenode = p_filenode then
    return true; -- Another worker planned the table again already; this claim's ranges are replaced below or by it.
  end if;
  if v_table.planned_rows is null or v_table.planned_rows <> p_rows then
    return false;
  end if;

  v_next := (select max(c.chunk_no) from backup.chunks c where c.run_id = p_run_id);
  update backup.chunks c set state = 'replaced', claim_id = null, lease_until = null, done_at = null
   where (c.run_id, c.schema_name, c.table_name) = (p_run_id, v_chunk.schema_name, v_chunk.table_name);
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes)
  select p_run_id, v_next + row_number() over (order by r.first_tid), 'data',
         v_chunk.schema_name, v_chunk.table_name, r.first_tid, r.end_tid, r.estimated_bytes
  from backup.chunk_ranges(p_pages, p_total_bytes, v_chunk_bytes) r;
  update backup.run_tables t set filenode = p_filenode, pages = p_pages, total_bytes = p_total_bytes
   where (t.run_id, t.schema_name, t.table_name) = (p_run_id, v_chunk.schema_name, v_chunk.table_name);
  return true;
end;
$$;

comment on function backup.replan_table(text, uuid, integer, oid, bigint, bigint, bigint) is
  'Plans a table again after VACUUM FULL or CLUSTER moved its rows; false when the snapshot''s rows are not provably all there. Errors: HF003, HF004.';
revoke all on function backup.replan_table(text, uuid, integer, oid, bigint, bigint, bigint) from public;
