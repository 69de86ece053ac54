-- requires: tables/alert_deliveries.sql
-- backup._reopen_untold(p_channel, p_before, p_now)
--
-- Why: an alert that was raised before there was a channel, or that was given up while the channel was broken, still needs a
-- person once one can be told. What a message that arrived on p_channel shows to be mended is tried again: what was given up
-- there, and what found no channel or no function. Without p_channel: what found no channel. Only the last word about a cause
-- is tried, and only while its alert is open, so that a repaired channel gets one message about each.
-- Returns how many.
create or replace function backup._reopen_untold(p_channel text, p_before timestamptz, p_now timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_count integer;
begin
  update backup.alert_deliveries d
     set state = 'pending', attempts = 0, calls = 0, status_code = null, error = null, finished_at = null, not_before = p_now
   where d.delivery_id in (
     select u.delivery_id from backup.alert_deliveries u
     where u.alert_id is not null and u.event <> 'resolved' and u.finished_at <= p_before
       and (u.state = 'skipped' and u.channel is null or p_channel is not null and u.state in ('skipped', 'failed') and coalesce(u.channel, p_channel) = p_channel)
       and exists (select from backup.alerts a where a.cause = u.cause and a.resolved_at is null)
       and not exists (select from backup.alert_deliveries o
                       where o.cause = u.cause and o.alert_id is not null and (u.channel is null or o.channel is null or o.channel = u.channel)
                         and (o.queued_at, o.delivery_id) > (u.queued_at, u.delivery_id))
     for update skip locked);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function backup._reopen_untold(text, timestamptz, timestamptz) is
  'Makes deliveries pending again that ended untold before a time, and whose alert is open: those that found no channel, and with a channel also what was given up on it or by no function taken; returns how many.';
revoke all on function backup._reopen_untold(text, timestamptz, timestamptz) from public;
