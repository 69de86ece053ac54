-- requires: functions/held_chunks.sql
-- backup.complete_chunks(p_run_id, p_claim_id, p_results)
--
-- Why: a result counts only while the claim is held, and all results of a claim count together.
-- p_results: array of {chunk_no, object_key, sha256, raw_bytes, stored_bytes, rows, row_hash_sum, objects}; chunks of the
-- claim that are not named stay claimed. Errors: HF003, HF004.
create or replace function backup.complete_chunks(p_run_id text, p_claim_id uuid, p_results jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_held  integer[] := array(select h.chunk_no from backup.held_chunks(p_run_id, p_claim_id) h);
  v_count integer;
begin
  update backup.chunks c
     set state = 'done', done_at = clock_timestamp(), claim_id = null, lease_until = null,
         object_key = r.object_key, sha256 = r.sha256, raw_bytes = r.raw_bytes, stored_bytes = r.stored_bytes,
         rows = r.rows, row_hash_sum = r.row_hash_sum, objects = r.objects, error_code = null, error_message = null
    from jsonb_to_recordset(p_results) as r(
           chunk_no integer, object_key text, sha256 text, raw_bytes bigint, stored_bytes bigint,
           rows bigint, row_hash_sum numeric, objects jsonb)
   where c.run_id = p_run_id and c.chunk_no = r.chunk_no and c.chunk_no = any (v_held);
  get diagnostics v_count = row_count;
  if v_count <> jsonb_array_length(p_results) then
    raise exception using errcode = 'HF004',
      message = format('claim %s holds %s of %s reported chunks', p_claim_id, v_count, jsonb_array_length(p_results)),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  return v_count;
end;
$$;

comment on function backup.complete_chunks(text, uuid, jsonb) is 'Records the results of claimed chunks, all or none. Errors: HF003, HF004.';
revoke all on function backup.complete_chunks(text, uuid, jsonb) from public;
