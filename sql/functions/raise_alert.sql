-- backup.raise_alert(cause, severity, message, details)
--
-- Why: a failure that repeats every minute is one open alert with a count, not a thousand lines.
create or replace function backup.raise_alert(
  p_cause    text,
  p_severity text,
  p_message  text,
  p_details  jsonb default '{}'
)
returns bigint
language sql
set search_path = ''
as $$
  insert into backup.alerts as a (cause, severity, message, details)
  values (p_cause, p_severity, p_message, coalesce(p_details, '{}'))
  on conflict (cause) where resolved_at is null do update
    set occurrences = a.occurrences + 1,
        last_seen   = clock_timestamp(),
        severity    = excluded.severity,
        message     = excluded.message,
        details     = excluded.details
  returning a.alert_id
$$;

comment on function backup.raise_alert(text, text, text, jsonb) is
  'Opens an alert for a cause, or counts another occurrence of the open one, and returns its id. Severity: warning or critical.';
revoke all on function backup.raise_alert(text, text, text, jsonb) from public;
