-- requires: tables/retention_marks.sql, tables/runs.sql, functions/_held_sweep.sql, functions/_settle_retention_alert.sql
-- backup.finish_sweep(p_run_id, p_claim_id, p_objects, p_bytes)
--
-- Why: nothing of the run is left in the bucket, and the ledger says so. Errors: HF602.
create or replace function backup.finish_sweep(p_run_id text, p_claim_id uuid, p_objects bigint, p_bytes bigint)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_sweep(p_run_id, p_claim_id);
  update backup.retention_marks m
     set swept_at = clock_timestamp(), claim_id = null, lease_until = null, locked_until = null, error_code = null, error_message = null,
         objects_deleted = m.objects_deleted + p_objects, bytes_deleted = m.bytes_deleted + p_bytes
   where m.run_id = p_run_id;
  update backup.runs r set objects_deleted_at = clock_timestamp() where r.run_id = p_run_id;
  perform backup._settle_retention_alert();
end;
$$;

comment on function backup.finish_sweep(text, uuid, bigint, bigint) is 'Records that the last object of a run is deleted. Errors: HF602.';
revoke all on function backup.finish_sweep(text, uuid, bigint, bigint) from public;
