-- requires: functions/held_chunks.sql, functions/chunk_ranges.sql, tables/run_tables.sql, tables/settings.sql
-- backup.record_plan(p_run_id, p_claim_id, p_tables, p_schema_fingerprint, p_snapshot_xids, p_sequences)
--
-- Why: planning reads inside the snapshot, which is read only; this writes down what it found, in one transaction with the
-- completion of the plan chunk, so that a plan exists once or not at all. Big tables come first: they decide the time.
-- p_sequences: backup.sequence_values() of that moment, for the chunk that reads them again at the end.
-- Errors: HF003, HF004.
create or replace function backup.record_plan(
  p_run_id text, p_claim_id uuid, p_tables jsonb, p_schema_fingerprint text, p_snapshot_xids text, p_sequences jsonb default '[]')
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_chunk_bytes bigint := (select s.chunk_bytes from backup.settings s);
  v_plan        integer := (select h.chunk_no from backup.held_chunks(p_run_id, p_claim_id) h where h.kind = 'plan');
  v_count       integer;
begin
  if v_plan is null then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold the plan of run %s', p_claim_id, p_run_id),
      hint = 'The plan is recorded by the worker that claimed it.';
  end if;

  insert into backup.run_tables (run_id, schema_name, table_name, relid, status, reason, columns,
                                 fingerprint_expression, filenode, pages, total_bytes, planned_rows)
  select p_run_id, t.schema_name, t.table_name, t.relid, t.status, t.reason, t.columns,
         t.fingerprint_expression, t.filenode, t.pages, t.total_bytes, t.planned_rows
  from jsonb_to_recordset(p_tables) as t(
    schema_name text, table_name text, relid oid, status backup.table_status, reason text, columns text[],
    fingerprint_expression text, filenode oid, pages bigint, total_bytes bigint, planned_rows bigint);

  with work as (
    select 'schema'::backup.chunk_kind as kind, null::text as schema_name, null::text as table_name,
           null::tid as first_tid, null::tid as end_tid, 0::bigint as estimated_bytes, 0::bigint as size
    union all select 'globals', null, null, null, null, 0, 0
    union all
    select 'data', t.schema_name, t.table_name, c.first_tid, c.end_tid, c.estimated_bytes, t.total_bytes
    from backup.run_tables t
    cross join lateral backup.chunk_ranges(t.pages, t.total_bytes, v_chunk_bytes) c
    where t.run_id = p_run_id and t.status = 'pending'
    union all select 'schema_sql', null, null, null, null, 0, -1
    union all select 'sequences', null, null, null, null, 0, -2
    union all select 'manifest', null, null, null, null, 0, -3
  )
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes, positions)
  select p_run_id,
         v_plan + row_number() over (order by kind not in ('schema', 'globals'), size desc, schema_name, table_name, first_tid),
         kind, schema_name, table_name, first_tid, end_tid, estimated_bytes, case kind when 'sequences' then p_sequences end
  from work;
  get diagnostics v_count = row_count;

  update backup.runs r
     set schema_fingerprint = p_schema_fingerprint, snapshot_xids = p_snapshot_xids
   where r.run_id = p_run_id;
  update backup.chunks c
     set state = 'done', done_at = clock_timestamp(), claim_id = null, lease_until = null
   where c.run_id = p_run_id and c.chunk_no = v_plan;
  return v_count;
end;
$$;

comment on function backup.record_plan(text, uuid, jsonb, text, text, jsonb) is
  'Stores the tables of a run and makes its chunks; returns how many. Errors: HF003, HF004.';
revoke all on function backup.record_plan(text, uuid, jsonb, text, text, jsonb) from public;
