-- backup.resolve_alert(cause)
--
-- Why: what raised an alert takes it back when the cause is gone, so that an open alert always means something.
create or replace function backup.resolve_alert(p_cause text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update backup.alerts a set resolved_at = clock_timestamp() where a.cause = p_cause and a.resolved_at is null;
  return found;
end
$$;

comment on function backup.resolve_alert(text) is 'Closes the open alert of a cause; true when there was one.';
revoke all on function backup.resolve_alert(text) from public;
