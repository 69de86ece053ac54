-- requires: functions/alert_causes.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup.settle_alerts(p_now)
--
-- Why: a condition that lasts is one alert. It is counted once and its words are kept current; only last_seen moves with each
-- look, so that occurrences stays a count of events. What is gone resolves by itself.
-- Returns how many alerts it opened or resolved.
create or replace function backup.settle_alerts(p_now timestamptz default now())
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_cause   record;
  v_changed integer := 0;
begin
  for v_cause in select * from backup.alert_causes(p_now) loop
    if v_cause.present then
      update backup.alerts a
      set last_seen = clock_timestamp(), severity = v_cause.severity, message = v_cause.message, details = v_cause.details
      where a.cause = v_cause.cause and a.resolved_at is null;
      if not found then
        perform backup.raise_alert(v_cause.cause, v_cause.severity, v_cause.message, v_cause.details);
        v_changed := v_changed + 1;
      end if;
    elsif not v_cause.present and backup.resolve_alert(v_cause.cause) then
      v_changed := v_changed + 1;
    end if;
  end loop;
  return v_changed;
end
$$;

comment on function backup.settle_alerts(timestamptz) is
  'Raises and resolves the alerts whose causes lie in the ledger, as missed_run; returns how many it opened or resolved. The minute tick calls it.';
revoke all on function backup.settle_alerts(timestamptz) from public;
