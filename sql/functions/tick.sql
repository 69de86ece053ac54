-- requires: functions/end_stuck_runs.sql, functions/revive_runs.sql, functions/end_stuck_drills.sql, functions/revive_drills.sql, functions/reap_scratch_databases.sql, functions/settle_alerts.sql, functions/queue_alerts.sql, functions/dispatch_deliveries.sql, functions/raise_alert.sql, functions/resolve_alert.sql, tables/tickets.sql
-- backup.tick()
--
-- Why: the heartbeat. Everything that must go on although a function died is done here, once a minute, by pg_cron.
-- Each step is a block of its own, so that one that raises neither undoes nor keeps back the others: alerts are judged and
-- queued whatever else fails. Its error is returned, run_job() counts the tick as failed, and the next one alarms (job_failing).
-- An error in judging alerts is an alert itself, and so is one in queueing them.
-- Returns what it did, as {"ended": n, "dispatched": n, "checks_closed": n, "tickets_deleted": n, "alerts": n, "events": n, "deliveries": n},
-- and only if there are any "errors": [{"step", "code", "error"}].
create or replace function backup.tick()
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_done       jsonb := '{"ended": 0, "dispatched": 0, "checks_closed": 0, "tickets_deleted": 0}';
  v_errors     jsonb := '[]';
  v_key        text;
  v_step       text;
  v_statement  text;
  v_count      integer;
  v_alerts     integer;
  v_events     integer := 0;
  v_deliveries integer := 0;
  v_code       text;
  v_error      text;
begin
  for v_key, v_step, v_statement in values
    ('ended', 'end_stuck_runs', 'select count(*) from backup.end_stuck_runs()'),
    ('ended', 'end_stuck_drills', 'select count(*) from backup.end_stuck_drills()'),
    ('dispatched', 'revive_runs', 'select backup.revive_runs()'),
    ('dispatched', 'revive_drills', 'select backup.revive_drills()'),
    ('dispatched', 'reap_scratch_databases', 'select backup.reap_scratch_databases()'),
    ('checks_closed', 'close_overdue_checks', 'select count(*) from backup.close_overdue_checks()'),
    -- Used and expired tickets are of no use after an hour; claim_ticket() refuses them anyway.
    ('tickets_deleted', 'delete_tickets', $q$
      with gone as (delete from backup.tickets t where t.expires_at < clock_timestamp() - interval '1 hour' returning t.ticket_id)
      select count(*) from gone$q$)
  loop
    begin
      execute v_statement into v_count;
      v_done := v_done || jsonb_build_object(v_key, (v_done ->> v_key)::integer + v_count);
    exception when others then
      get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
      v_errors := v_errors || jsonb_build_object('step', v_step, 'code', v_code, 'error', v_error);
    end;
  end loop;
  begin
    v_alerts := backup.settle_alerts() + backup.resolve_alert('alerts_unjudged')::integer;
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    perform backup.raise_alert('alerts_unjudged', 'critical', format('the causes of alerts cannot be judged: %s', v_error),
                               jsonb_build_object('code', v_code));
    v_alerts := 1;
  end;
  begin
    v_events := backup.queue_alerts();
    perform backup.resolve_alert('alerts_unqueued');
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    perform backup.raise_alert('alerts_unqueued', 'critical', format('alerts cannot be queued for delivery: %s', v_error),
                               jsonb_build_object('code', v_code));
    v_alerts := v_alerts + 1;
  end;
  begin
    v_deliveries := backup.dispatch_deliveries();
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    v_errors := v_errors || jsonb_build_object('step', 'dispatch_deliveries', 'code', v_code, 'error', v_error);
  end;
  return v_done || jsonb_build_object('alerts', v_alerts, 'events', v_events, 'deliveries', v_deliveries)
         || case when v_errors = '[]' then '{}' else jsonb_build_object('errors', v_errors) end;
end;
$$;

comment on function backup.tick() is 'The minute heartbeat: ends stuck runs and drills, replaces dead workers, has left scratch databases dropped, closes overdue checks, deletes old tickets, raises, resolves and queues alerts and has them delivered.';
revoke all on function backup.tick() from public;
