-- requires: tables/job_runs.sql, tables/runs.sql, tables/alert_deliveries.sql
-- backup.prune_ledger()
--
-- Why: pg_cron keeps its own history for ever, and chunks are of no use once their run has ended and its manifest lists
-- them. The newest complete run keeps its chunks, because verifications compare the bucket with them.
create or replace function backup.prune_ledger()
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_job_runs integer;
  v_chunks   integer;
  v_told     integer;
  v_cron     integer := 0;
begin
  delete from backup.job_runs j where j.started_at < clock_timestamp() - interval '30 days';
  get diagnostics v_job_runs = row_count;
  delete from backup.chunks c
  using backup.runs r
  where r.run_id = c.run_id and r.state in ('complete', 'failed', 'expired')
    and r.finished_at < clock_timestamp() - interval '30 days'
    and r.run_id <> coalesce((select max(n.run_id) from backup.runs n where n.state = 'complete'), '');
  get diagnostics v_chunks = row_count;
  -- The last word about a cause is kept: what is open must stay known as told.
  delete from backup.alert_deliveries d
  where d.finished_at < clock_timestamp() - interval '90 days'
    and exists (select from backup.alert_deliveries n where n.cause = d.cause and n.queued_at > d.queued_at);
  get diagnostics v_told = row_count;
  if to_regclass('cron.job_run_details') is not null and has_table_privilege('cron.job_run_details', 'delete') then
    execute $q$delete from cron.job_run_details where end_time < now() - interval '7 days'$q$;
    get diagnostics v_cron = row_count;
  end if;
  return jsonb_build_object('job_runs', v_job_runs, 'chunks', v_chunks, 'deliveries', v_told, 'cron_details', v_cron);
end;
$$;

comment on function backup.prune_ledger() is 'Deletes old rows of job_runs and alert_deliveries, chunks of ended runs and pg_cron''s job_run_details; returns how many.';
revoke all on function backup.prune_ledger() from public;
