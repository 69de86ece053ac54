-- requires: functions/end_stuck_runs.sql, functions/revive_runs.sql, functions/end_stuck_drills.sql, functions/revive_drills.sql, functions/reap_scratch_databases.sql, functions/settle_alerts.sql, functions/queue_alerts.sql, functions/dispatch_deliveries.sql, functions/raise_alert.sql, functions/resolve_alert.sql, tables/tickets.sql
-- backup.tick()
--
-- Why: the heartbeat. Everything that must go on although a function died is done here, once a minute, by pg_cron.
-- Alerts come last and by themselves: an error in judging them must not undo the work before, and is an alert too.
-- What has to be told is queued after that, again by itself, so that the alert about judging is told as well.
-- Returns what it did, as {"ended": n, "dispatched": n, "checks_closed": n, "tickets_deleted": n, "alerts": n, "events": n, "deliveries": n}.
create or replace function backup.tick()
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_ended      integer;
  v_dispatched integer;
  v_checks     integer;
  v_tickets    integer;
  v_alerts     integer;
  v_events     integer := 0;
  v_deliveries integer := 0;
  v_code       text;
  v_error      text;
begin
  select (select count(*) from backup.end_stuck_runs()) + (select count(*) from backup.end_stuck_drills()) into v_ended;
  v_dispatched := backup.revive_runs() + backup.revive_drills() + backup.reap_scratch_databases();
  select count(*) into v_checks from backup.close_overdue_checks();
  -- Used and expired tickets are of no use after an hour; claim_ticket() refuses them anyway.
  delete from backup.tickets t where t.expires_at < clock_timestamp() - interval '1 hour';
  get diagnostics v_tickets = row_count;
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
    v_deliveries := backup.dispatch_deliveries();
    perform backup.resolve_alert('alerts_unqueued');
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    perform backup.raise_alert('alerts_unqueued', 'critical', format('alerts cannot be queued for delivery: %s', v_error),
                               jsonb_build_object('code', v_code));
    v_alerts := v_alerts + 1;
  end;
  return jsonb_build_object('ended', v_ended, 'dispatched', v_dispatched,
                            'checks_closed', v_checks, 'tickets_deleted', v_tickets, 'alerts', v_alerts,
                            'events', v_events, 'deliveries', v_deliveries);
end;
$$;

comment on function backup.tick() is 'The minute heartbeat: ends stuck runs and drills, replaces dead workers, has left scratch databases dropped, closes overdue checks, deletes old tickets, raises, resolves and queues alerts and has them delivered.';
revoke all on function backup.tick() from public;
