-- requires: tables/alert_deliveries.sql, tables/settings.sql
-- backup.route_deliveries(p_channels, p_now)
--
-- Why: which channels there are is known to functions alone, as destinations are their secrets. The first that looks at an
-- event gives it a row for each channel; without a channel the event ends as skipped, and nobody is called for it again.
-- A newer event of a cause replaces an older one that has not arrived on that channel: "resolved" must not be followed by a
-- late "raised". What was tried too often by functions that died is given up here.
create or replace function backup.route_deliveries(p_channels text[], p_now timestamptz default clock_timestamp())
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_messages text[] := array(select c from unnest(p_channels) c where c not like 'heartbeat%' order by c);
  v_event    backup.alert_deliveries;
begin
  for v_event in
    select * from backup.alert_deliveries d where d.state = 'pending' and d.channel is null order by d.queued_at, d.delivery_id for update skip locked
  loop
    if cardinality(v_messages) = 0 then
      update backup.alert_deliveries d set state = 'skipped', error = 'no channel configured', finished_at = p_now
      where d.delivery_id = v_event.delivery_id;
    else
      update backup.alert_deliveries d set channel = v_messages[1] where d.delivery_id = v_event.delivery_id;
      insert into backup.alert_deliveries (event_id, alert_id, event, cause, channel, content, not_before, queued_at)
      select v_event.event_id, v_event.alert_id, v_event.event, v_event.cause, c, v_event.content, v_event.not_before, v_event.queued_at
      from unnest(v_messages[2:]) c;
    end if;
  end loop;

  update backup.alert_deliveries d
     set state = over.state, error = over.error, finished_at = p_now, claim_id = null, lease_until = null
    from (
      select f.delivery_id, e.error, case when f.channel = any (p_channels) and newer.delivery_id is null then 'failed' else 'skipped' end as state
      from backup.alert_deliveries f
      cross join backup.settings s
      left join lateral (
        select n.delivery_id from backup.alert_deliveries n
        where n.cause = f.cause and n.channel = f.channel and n.event <> 'test' and (n.queued_at, n.delivery_id) > (f.queued_at, f.delivery_id)
        order by n.queued_at desc, n.delivery_id desc limit 1
      ) newer on true
      cross join lateral (
        select case when f.channel <> all (p_channels) then 'channel is not configured'
                    when newer.delivery_id is not null then format('replaced by delivery %s', newer.delivery_id)
                    when f.attempts >= s.alert_max_attempts then 'the functions that sent it ended before they had an answer' end as error
      ) e
      where f.state = 'pending' and f.channel is not null and (f.lease_until is null or f.lease_until <= p_now) and e.error is not null
      for update of f skip locked
    ) over
   where d.delivery_id = over.delivery_id;
end
$$;

comment on function backup.route_deliveries(text[], timestamptz) is
  'Gives queued events a row for each configured channel, and ends deliveries that have no channel, are replaced by a newer event or were tried too often.';
revoke all on function backup.route_deliveries(text[], timestamptz) from public;
