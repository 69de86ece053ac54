-- requires: tables/runs.sql, functions/unschedule.sql, functions/raise_alert.sql
-- backup.fail_run(p_run_id, p_code, p_message, p_detail)
--
-- Why: a run fails once, with the first reason; what comes later is a consequence and must not hide it.
-- Whatever ends a run ends it here, so the alert export_failed cannot be forgotten; finish_run() takes it back. It is
-- critical unless a person cancelled the run (HF008), who knows.
-- Returns whether this call was the one that ended the run.
create or replace function backup.fail_run(p_run_id text, p_code text, p_message text, p_detail text default null)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_ended boolean;
begin
  update backup.runs r
     set state = 'failed', finished_at = clock_timestamp(),
         failure_code = p_code, failure_message = p_message, failure_detail = p_detail
   where r.run_id = p_run_id and r.state in ('starting', 'exporting');
  v_ended := found;
  if v_ended then
    perform backup.unschedule('holdfast-keeper-' || p_run_id);
    -- Messages of runs hold neither row values nor secrets; a detail may quote the server and stays in backup.runs.
    perform backup.raise_alert('export_failed', case p_code when 'HF008' then 'warning' else 'critical' end,
      format('export failed: %s %s', p_code, p_message), jsonb_build_object('run_id', p_run_id, 'code', p_code));
  end if;
  return v_ended;
end;
$$;

comment on function backup.fail_run(text, text, text, text) is
  'Ends an active run as failed with a code of docs/errors.md or a SQLSTATE, and raises the alert export_failed. False when the run had already ended.';
revoke all on function backup.fail_run(text, text, text, text) from public;
