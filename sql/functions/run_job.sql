-- requires: tables/job_runs.sql, tables/job_states.sql, functions/tick.sql, functions/dispatch.sql, functions/start_drill.sql, functions/hand_over_drill.sql, functions/prune_ledger.sql, functions/run_retention.sql
-- backup.run_job(p_job_name)
--
-- Why: every scheduled entry goes through here, so that job_runs tells when it ran, how long, and with which outcome. An
-- error is recorded and not raised again: raising would undo the record. A tick without anything to do leaves no row,
-- or the ledger would grow by one row a minute; that it ran is in job_states.
-- A clean-up deletes a bounded number of rows. What it leaves is deleted by the ticks after it, few rows at a time: they share
-- the transaction of the tick, which must be short.
-- Errors: HF100 unknown job.
create or replace function backup.run_job(p_job_name text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_started timestamptz := clock_timestamp();
  v_more    boolean := coalesce((select (j.result ->> 'more')::boolean from backup.job_runs j where j.job_name = 'prune' order by j.started_at desc limit 1), false);
  v_result  jsonb;
  v_code    text;
  v_error   text;
begin
  begin
    case p_job_name
      when 'tick' then
        v_result := backup.tick();
        -- What failed in it has undone nothing else, and makes it a failed one all the same.
        v_code := v_result #>> '{errors,0,code}';
        v_error := (v_result #>> '{errors,0,step}') || ': ' || (v_result #>> '{errors,0,error}');
      when 'export' then
        v_result := jsonb_build_object('ticket', backup.dispatch('export-backup', '{"action": "start", "trigger": "schedule"}') is not null);
      when 'verify' then
        v_result := jsonb_build_object('ticket', backup.dispatch('verify-backup', '{"trigger": "schedule"}') is not null);
      when 'drill' then
        -- Started here and not by the function, so that a drill that cannot start is recorded.
        v_result := jsonb_build_object('ticket', backup.hand_over_drill(backup.start_drill('schedule')));
      when 'retention' then
        v_result := backup.run_retention();
      when 'prune' then
        v_result := backup.prune_ledger(case when v_more then 500 else 10000 end);
      else
        raise exception using errcode = 'HF100', message = format('job %L does not exist', p_job_name),
          hint = 'Jobs are tick, export, verify, drill, retention and prune.';
    end case;
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    if v_code = 'HF100' then
      raise;
    end if;
  end;
  if v_error is not null or p_job_name <> 'tick'
     or exists (select from jsonb_each(v_result) e where e.value <> '0'::jsonb) then
    insert into backup.job_runs (job_name, status, started_at, finished_at, result, error_code, error)
    values (p_job_name, case when v_error is null then 'succeeded' else 'failed' end,
            v_started, clock_timestamp(), v_result, v_code, v_error);
  end if;
  insert into backup.job_states as s (job_name, succeeded, failed, last_success_at, last_failure_at, last_seconds)
  values (p_job_name, (v_error is null)::integer, (v_error is not null)::integer,
          case when v_error is null then clock_timestamp() end, case when v_error is not null then clock_timestamp() end,
          extract(epoch from clock_timestamp() - v_started))
  on conflict (job_name) do update
    set succeeded       = s.succeeded + excluded.succeeded,
        failed          = s.failed + excluded.failed,
        last_success_at = coalesce(excluded.last_success_at, s.last_success_at),
        last_failure_at = coalesce(excluded.last_failure_at, s.last_failure_at),
        last_seconds    = excluded.last_seconds;
  if p_job_name = 'tick' and v_more then
    perform backup.run_job('prune');
  end if;
  return v_result;
end;
$$;

comment on function backup.run_job(text) is 'Runs a scheduled entry (tick, export, verify, drill, retention, prune) and records it in backup.job_runs and backup.job_states. Errors: HF100.';
revoke all on function backup.run_job(text) from public;
