-- requires: tables/alert_deliveries.sql
-- backup._reopen_skipped(p_before, p_now)
--
-- Why: an alert that was raised before there was a channel still needs a person once there is one. Only the last word about a
-- cause is tried again, and only while its alert is open.
-- Returns how many.
create or replace function backup._reopen_skipped(p_before timestamptz, p_now timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_count integer;
begin
  update backup.alert_deliveries d
     set state = 'pending', error = null, finished_at = null, not_before = p_now
   where d.state = 'skipped' and d.channel is null and d.finished_at <= p_before
     and exists (select from backup.alerts a where a.alert_id = d.alert_id and a.resolved_at is null)
     and not exists (select from backup.alert_deliveries o
                     where o.cause = d.cause and o.alert_id is not null and (o.queued_at, o.delivery_id) > (d.queued_at, d.delivery_id));
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function backup._reopen_skipped(timestamptz, timestamptz) is
  'Makes deliveries pending again that found no channel before a time, and whose alert is open; returns how many.';
revoke all on function backup._reopen_skipped(timestamptz, timestamptz) from public;
