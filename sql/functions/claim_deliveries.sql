-- requires: tables/alert_deliveries.sql, functions/route_deliveries.sql
-- backup.claim_deliveries(p_channels, p_limit, p_now, p_lease)
--
-- Why: one function sends a message at a time; when it dies, its lease ends and another one sends it again. A message may so
-- arrive twice, never not at all; event_id tells receivers. The attempt counts from the claim, so that a message which kills
-- functions is given up as well. A message waits while an older one about the same is on its way.
create or replace function backup.claim_deliveries(
  p_channels text[],
  p_limit    integer default 5,
  p_now      timestamptz default clock_timestamp(),
  p_lease    interval default '2 minutes'
)
returns table (delivery_id bigint, claim_id uuid, event_id uuid, event text, channel text, attempt integer, queued_at timestamptz, content jsonb)
language plpgsql
set search_path = ''
as $$
begin
  perform backup.route_deliveries(p_channels, p_now);
  return query
  update backup.alert_deliveries d
     set claim_id = gen_random_uuid(), lease_until = p_now + p_lease, attempts = d.attempts + 1
   where d.delivery_id in (
     select o.delivery_id from backup.alert_deliveries o
     where o.state = 'pending' and o.channel = any (p_channels) and o.not_before <= p_now and (o.lease_until is null or o.lease_until <= p_now)
       and not exists (select from backup.alert_deliveries w where w.state = 'pending' and w.cause = o.cause and w.channel = o.channel and w.lease_until > p_now)
     order by o.queued_at, o.delivery_id limit p_limit for update skip locked)
  returning d.delivery_id, d.claim_id, d.event_id, d.event, d.channel, d.attempts, d.queued_at, d.content;
end
$$;

comment on function backup.claim_deliveries(text[], integer, timestamptz, interval) is
  'Takes messages that are due on the given channels for the time of a lease, oldest first, after giving queued events their channels; no row when there is none.';
revoke all on function backup.claim_deliveries(text[], integer, timestamptz, interval) from public;
