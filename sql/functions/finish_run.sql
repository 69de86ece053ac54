-- requires: functions/held_chunks.sql, functions/complete_chunks.sql, functions/unschedule.sql, functions/resolve_alert.sql, functions/queue_heartbeat.sql, tables/runs.sql
-- backup.finish_run(p_run_id, p_claim_id, p_chunk_no, p_manifest)
--
-- Why: the manifest is in the bucket, so the backup exists; the ledger follows in one transaction. Ending the run releases
-- the keeper and resolves the alert that an earlier failure raised; a scheduled one also pings.
-- p_manifest: {key, sha256, bytes, archived}.
-- Errors: HF003, HF004, HF304 an unfinished chunk is left.
create or replace function backup.finish_run(p_run_id text, p_claim_id uuid, p_chunk_no integer, p_manifest jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform backup.complete_chunks(p_run_id, p_claim_id,
    jsonb_build_array(jsonb_build_object('chunk_no', p_chunk_no, 'object_key', p_manifest ->> 'key',
      'sha256', p_manifest ->> 'sha256', 'stored_bytes', p_manifest ->> 'bytes')));
  if exists (select from backup.chunks c where c.run_id = p_run_id and c.state in ('pending', 'claimed')) then
    raise exception using errcode = 'HF304', message = format('run %s has unfinished chunks', p_run_id),
      hint = 'This is a defect: the manifest is written after every other chunk. Report it.';
  end if;
  update backup.runs r
     set state = 'complete', finished_at = clock_timestamp(),
         manifest_key = p_manifest ->> 'key', manifest_sha256 = p_manifest ->> 'sha256',
         archived = coalesce((p_manifest ->> 'archived')::boolean, false),
         rows = (select coalesce(sum(t.rows), 0) from backup.run_tables t where t.run_id = p_run_id),
         raw_bytes = c.raw_bytes, stored_bytes = c.stored_bytes
    from (select coalesce(sum(c.raw_bytes), 0) as raw_bytes, coalesce(sum(c.stored_bytes), 0) as stored_bytes
          from backup.chunks c where c.run_id = p_run_id and c.state = 'done') c
   where r.run_id = p_run_id;
  perform backup.unschedule('holdfast-keeper-' || p_run_id);
  perform backup.resolve_alert('export_failed');
  perform backup.queue_heartbeat('heartbeat_export', r.run_id) from backup.runs r where r.run_id = p_run_id and r.trigger = 'schedule';
end;
$$;

comment on function backup.finish_run(text, uuid, integer, jsonb) is 'Makes a run a restore point once its manifest is stored. Errors: HF003, HF004, HF304.';
revoke all on function backup.finish_run(text, uuid, integer, jsonb) from public;
