-- requires: functions/end_stuck_runs.sql, functions/revive_runs.sql, functions/end_stuck_drills.sql, functions/revive_drills.sql, functions/reap_scratch_databases.sql, functions/settle_alerts.sql, functions/raise_alert.sql, functions/resolve_alert.sql, tables/tickets.sql
-- backup.tick()
--
-- Why: the heartbeat. Everything that must go on although a function died is done here, once a minute, by pg_cron.
-- Alerts come last and by themselves: an error in judging them must not undo the work before, and is an alert too.
-- Returns what it did, as {"ended": n, "dispatched": n, "checks_closed": n, "tickets_deleted": n, "alerts": n}.
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
  return jsonb_build_object('ended', v_ended, 'dispatched', v_dispatched,
                            'checks_closed', v_checks, 'tickets_deleted', v_tickets, 'alerts', v_alerts);
end;
$$;

comment on function backup.tick() is 'The minute heartbeat: ends stuck runs and drills, replaces dead workers, has left scratch databases dropped, closes overdue checks, deletes old tickets, raises and resolves alerts.';
revoke all on function backup.tick() from public;
