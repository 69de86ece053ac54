-- requires: tables/alert_deliveries.sql, tables/tickets.sql, functions/dispatch.sql
-- backup.dispatch_deliveries(p_now)
--
-- Why: deliver-alerts is sent for when something is due, and not again while its ticket waits to be claimed: a function that is
-- not deployed is called every five minutes, not every minute. What nobody has taken for a day is given up, which shows as
-- delivery_failing. The day has to hold calls: where the project was paused, nobody was asked.
-- Returns how many functions were dispatched.
create or replace function backup.dispatch_deliveries(p_now timestamptz default clock_timestamp())
returns integer
language plpgsql
set search_path = ''
as $$
begin
  update backup.alert_deliveries d
     set state = 'failed', error = 'function deliver-alerts has not taken it for a day', finished_at = p_now, claim_id = null, lease_until = null
   where d.state = 'pending' and greatest(d.queued_at, d.not_before, d.lease_until) < p_now - interval '1 day'
     and d.calls >= 100;
  if not exists (select from backup.alert_deliveries d
                 where d.state = 'pending' and d.not_before <= p_now and (d.lease_until is null or d.lease_until <= p_now))
     or exists (select from backup.tickets t where t.function_name = 'deliver-alerts' and t.claimed_at is null and t.expires_at > p_now) then
    return 0;
  end if;
  perform backup.dispatch('deliver-alerts', '{"action": "deliver"}');
  update backup.alert_deliveries d set calls = d.calls + 1
   where d.state = 'pending' and d.not_before <= p_now and (d.lease_until is null or d.lease_until <= p_now);
  return 1;
end
$$;

comment on function backup.dispatch_deliveries(timestamptz) is
  'Sends for function deliver-alerts when a message is due; gives up what no function has taken for a day. Returns how many it sent for.';
revoke all on function backup.dispatch_deliveries(timestamptz) from public;
