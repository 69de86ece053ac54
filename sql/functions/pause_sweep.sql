-- requires: tables/retention_marks.sql, functions/_held_sweep.sql, functions/_settle_retention_alert.sql
-- backup.pause_sweep(p_run_id, p_claim_id, p_objects, p_bytes, p_locked_until, p_code, p_message)
--
-- Why: a process that stops before the end, because its time is up, a lock holds, or the storage refuses, says how far it came.
-- A locked run waits for the end of the lock, a refused one for an hour; both are told by one alert. Without either the run is
-- free for the next process. Errors: HF602.
create or replace function backup.pause_sweep(
  p_run_id       text,
  p_claim_id     uuid,
  p_objects      bigint,
  p_bytes        bigint,
  p_locked_until timestamptz default null,
  p_code         text default null,
  p_message      text default null
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_sweep(p_run_id, p_claim_id);
  update backup.retention_marks m
     set claim_id = null, lease_until = null,
         objects_deleted = m.objects_deleted + p_objects, bytes_deleted = m.bytes_deleted + p_bytes,
         locked_until = p_locked_until, error_code = p_code, error_message = p_message,
         not_before = case when p_locked_until is not null then p_locked_until
                           when p_code is not null then clock_timestamp() + interval '1 hour' else m.not_before end
   where m.run_id = p_run_id;
  perform backup._settle_retention_alert();
end;
$$;

comment on function backup.pause_sweep(text, uuid, bigint, bigint, timestamptz, text, text) is
  'Gives a run back whose deletion stopped before the end, with how far it came and why: a lock with its end, an error, or neither. Errors: HF602.';
revoke all on function backup.pause_sweep(text, uuid, bigint, bigint, timestamptz, text, text) from public;
