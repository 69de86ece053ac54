-- requires: tables/alert_deliveries.sql, tables/settings.sql, functions/_reopen_untold.sql, functions/_utc_text.sql
-- backup.queue_alerts(p_now)
--
-- Why: what has been told about a cause is compared with how it stands, and the difference is queued. So an alert is told once
-- however often it is seen, a cause that comes and goes is told at most alert_max_per_hour times and rightly at the end, and
-- nothing has to be alive but pg_cron. What went away before anybody was told is not told.
-- An alert that nobody could be told of counts as told for a day: without a channel that works there is one look a day, not one
-- a minute. What was given up stays as it is, and is said again as an event of its own.
-- Returns how many events it queued.
create or replace function backup.queue_alerts(p_now timestamptz default now())
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_reopened integer;
  v_queued   integer;
begin
  -- Two ticks at once must not both tell the same.
  perform s.id from backup.settings s for update;
  v_reopened := backup._reopen_untold(null, p_now - interval '1 day', p_now);
  insert into backup.alert_deliveries (alert_id, event, cause, content, not_before, queued_at)
  select a.alert_id, e.event, a.cause,
         jsonb_build_object('project', s.project_ref, 'cause', a.cause, 'severity', a.severity, 'message', a.message, 'occurrences', a.occurrences,
           'first_seen', backup._utc_text(a.raised_at), 'last_seen', backup._utc_text(a.last_seen), 'resolved_at', backup._utc_text(a.resolved_at),
           'opened_last_day', (select count(*) from backup.alerts o where o.cause = a.cause and o.raised_at > p_now - interval '1 day')),
         p_now, p_now
  from backup.settings s
  cross join (select distinct on (n.cause) n.* from backup.alerts n order by n.cause, n.alert_id desc) a
  left join lateral (
    select d.event, d.alert_id, d.content ->> 'severity' as severity, d.queued_at, l.lost_at,
           -- Somebody may know of it: since it was last over, something arrived or is on its way.
           exists (select from backup.alert_deliveries o
                   where o.cause = a.cause and o.alert_id is not null and o.event <> 'resolved' and o.state in ('pending', 'sent')
                     and not exists (select from backup.alert_deliveries r
                                     where r.cause = a.cause and r.event = 'resolved' and r.queued_at > o.queued_at)) as heard
    from backup.alert_deliveries d
    cross join lateral (
      select case when not bool_or(o.state in ('pending', 'sent')) then max(o.finished_at) end as lost_at
      from backup.alert_deliveries o where o.event_id = d.event_id
    ) l
    where d.cause = a.cause and d.alert_id is not null
    order by d.queued_at desc, d.delivery_id desc limit 1
  ) t on true
  cross join lateral (
    select t.event is null or t.event = 'resolved' or (t.alert_id <> a.alert_id and not t.heard) as quiet
  ) q
  cross join lateral (
    select case when a.resolved_at is null and q.quiet then 'raised'
                when a.resolved_at is null and a.severity = 'critical' and t.severity = 'warning' then 'escalated'
                when a.resolved_at is null and t.lost_at <= p_now - interval '1 day' then t.event
                when a.resolved_at is null and t.queued_at <= p_now - s.alert_reminder_after then 'reminder'
                when a.resolved_at is not null and not q.quiet and t.heard then 'resolved' end as event
  ) e
  where e.event is not null
    and (select count(distinct d.event_id) from backup.alert_deliveries d
         where d.cause = a.cause and d.alert_id is not null and d.queued_at > p_now - interval '1 hour') < s.alert_max_per_hour;
  get diagnostics v_queued = row_count;
  return v_reopened + v_queued;
end
$$;

comment on function backup.queue_alerts(timestamptz) is
  'Queues in backup.alert_deliveries what has to be told: alerts that were raised, became critical, are due for a reminder or were resolved. Returns how many events.';
revoke all on function backup.queue_alerts(timestamptz) from public;
