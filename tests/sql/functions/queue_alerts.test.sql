-- Tests sql/functions/queue_alerts.sql
begin;
select plan(38);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
update backup.settings set project_ref = 'abc';
create function pg_temp.told() returns text[] language sql as $$
  select coalesce(array_agg(d.cause || ' ' || d.event || ' ' || (d.content ->> 'severity') order by d.queued_at, d.cause), '{}') from backup.alert_deliveries d $$;
create function pg_temp.last() returns text language sql as $$ select (pg_temp.told())[cardinality(pg_temp.told())] $$;
create function pg_temp.sent() returns void language sql as $$
  update backup.alert_deliveries set channel = 'slack', state = 'sent', finished_at = queued_at where state = 'pending' $$;

-- contract
select function_returns('backup', 'queue_alerts', array['timestamp with time zone'], 'integer', 'queue_alerts() returns integer');
select isnt(obj_description('backup.queue_alerts(timestamptz)'::regprocedure), null, 'queue_alerts() has a comment');

-- behaviour
select is(backup.queue_alerts('2026-01-01 00:00Z'), 0, 'queue_alerts() has nothing to tell while there is no alert');

-- raised, once
do $$ begin perform backup.raise_alert('x', 'warning', 'disk is full', '{"run_id": "r"}'); end $$;
update backup.alerts set raised_at = '2025-12-31 23:59:30Z', last_seen = '2025-12-31 23:59:30Z';
select is(backup.queue_alerts('2026-01-01 00:00Z'), 1, 'queue_alerts() queues an alert that was raised');
select results_eq('select event, cause, channel, state, attempts, not_before, content from backup.alert_deliveries', $$ values ('raised', 'x', null, 'pending', 0, '2026-01-01Z'::timestamptz,
  '{"project": "abc", "cause": "x", "severity": "warning", "message": "disk is full", "occurrences": 1, "first_seen": "2025-12-31T23:59:30Z", "last_seen": "2025-12-31T23:59:30Z", "resolved_at": null, "opened_last_day": 1}'::jsonb) $$,
  'queue_alerts() keeps what is told, without the details');
do $$ begin perform backup.raise_alert('x', 'warning', 'disk is full'); end $$;
select is(backup.queue_alerts('2026-01-01 00:01Z'), 0, 'queue_alerts() tells it once, however often it is seen');

-- escalated
do $$ begin perform pg_temp.sent(); perform backup.raise_alert('x', 'critical', 'disk is fuller'); end $$;
select is(backup.queue_alerts('2026-01-01 00:02Z'), 1, 'queue_alerts() tells again that it became critical');
do $$ begin perform backup.raise_alert('x', 'warning', 'disk is full'); end $$;
select is(backup.queue_alerts('2026-01-01 00:03Z'), 0, 'queue_alerts() does not tell that it is less bad');

-- resolved
do $$ begin perform pg_temp.sent(); perform backup.resolve_alert('x'); end $$;
select is(backup.queue_alerts('2026-01-01 00:04Z'), 1, 'queue_alerts() tells that it is over');
select is((select d.content ->> 'resolved_at' = backup._utc_text(a.resolved_at) from backup.alert_deliveries d join backup.alerts a using (alert_id) where d.event = 'resolved'), true, 'queue_alerts() tells since when');
select is(backup.queue_alerts('2026-01-01 00:05Z'), 0, 'queue_alerts() tells that once');
select is(pg_temp.told(), '{x raised warning,x escalated critical,x resolved warning}', 'queue_alerts() has told it all in order');

-- what is over before it was told
do $$ begin perform pg_temp.sent(); perform backup.raise_alert('blip', 'warning', 'm'); perform backup.resolve_alert('blip'); end $$;
select is(backup.queue_alerts('2026-01-01 00:06Z'), 0, 'queue_alerts() does not tell what is over before anybody was told');

-- a cause that comes and goes
do $$
begin
  for v_minute in 0..119 loop
    perform backup.raise_alert('flap', 'warning', 'm');
    perform backup.queue_alerts('2026-02-01Z'::timestamptz + interval '1 minute' * v_minute);
    perform backup.resolve_alert('flap');
    perform backup.queue_alerts('2026-02-01Z'::timestamptz + interval '1 minute' * v_minute + interval '30 seconds');
    perform pg_temp.sent();
  end loop;
end $$;
select is((select max(n) from (select (select count(*) from backup.alert_deliveries o where o.cause = 'flap' and o.queued_at > d.queued_at - interval '1 hour' and o.queued_at <= d.queued_at) as n
                               from backup.alert_deliveries d where d.cause = 'flap') x), 4::bigint, 'queue_alerts() tells of a cause that comes and goes 4 times in any hour');
select is((select count(*) from backup.alert_deliveries where cause = 'flap'), 8::bigint, 'queue_alerts() goes on after an hour');
do $$ begin perform backup.raise_alert('flap', 'warning', 'm'), backup.raise_alert('calm', 'warning', 'm'); perform backup.queue_alerts('2026-02-01 02:00Z'); end $$;
select is((select count(*) from backup.alert_deliveries where cause = 'calm'), 1::bigint, 'queue_alerts() is not held up by it for other causes');
do $$ begin perform pg_temp.sent(); perform backup.queue_alerts('2026-02-01 04:00Z'); end $$;
select is((select event from backup.alert_deliveries where cause = 'flap' order by queued_at desc limit 1), 'raised', 'queue_alerts() tells at the end how it stands');
update backup.settings set alert_max_per_hour = 1;
do $$ begin perform backup.raise_alert('few', 'warning', 'm'); perform backup.queue_alerts('2026-02-02 00:00Z'); perform pg_temp.sent(); perform backup.resolve_alert('few'); end $$;
select is(backup.queue_alerts('2026-02-02 00:59Z'), 0, 'queue_alerts() takes the limit from settings');
select is(backup.queue_alerts('2026-02-02 01:00Z'), 1, 'queue_alerts() holds back no longer than an hour');
update backup.settings set alert_max_per_hour = default;

-- back within a minute, as another alert
delete from backup.alerts; delete from backup.alert_deliveries;
do $$ begin perform backup.raise_alert('y', 'warning', 'm'); perform backup.queue_alerts('2026-03-01 00:00Z'); perform pg_temp.sent();
  perform backup.resolve_alert('y'); perform backup.raise_alert('y', 'warning', 'm'); end $$;
select is(backup.queue_alerts('2026-03-01 00:01Z'), 0, 'queue_alerts() does not tell again what was back within a minute');
do $$ begin perform backup.raise_alert('y', 'critical', 'm'); end $$;
select is(backup.queue_alerts('2026-03-01 00:02Z') || pg_temp.last(), '1y escalated critical', 'queue_alerts() tells that it came back worse');

-- reminder
select is(backup.queue_alerts('2026-04-01Z'), 0, 'queue_alerts() reminds of nothing unless told to');
update backup.settings set alert_reminder_after = '1 day';
do $$ begin perform pg_temp.sent(); end $$;
select is(backup.queue_alerts('2026-03-02 00:01Z'), 0, 'queue_alerts() waits until a reminder is due');
select is(backup.queue_alerts('2026-03-02 00:02Z') || pg_temp.last(), '1y reminder critical', 'queue_alerts() reminds of what is still open');
select is(backup.queue_alerts('2026-03-02 12:00Z'), 0, 'queue_alerts() counts from the last word');

-- nobody to tell
delete from backup.alerts; delete from backup.alert_deliveries; update backup.settings set alert_reminder_after = null;
do $$ begin perform backup.raise_alert('z', 'warning', 'm'); perform backup.queue_alerts('2026-05-01 00:00Z'); end $$;
update backup.alert_deliveries set state = 'skipped', error = 'no channel configured', finished_at = '2026-05-01 00:00Z';
select is(backup.queue_alerts('2026-05-01 23:59Z'), 0, 'queue_alerts() does not ask again each minute when there is no channel');
select is(backup.queue_alerts('2026-05-02 00:00Z'), 1, 'queue_alerts() asks again after a day');
select is((select count(*) || min(state) from backup.alert_deliveries), '1pending', 'queue_alerts() does so in the same row');
update backup.alert_deliveries set state = 'skipped', error = 'no channel configured', finished_at = '2026-05-02 00:00Z';
do $$ begin perform backup.resolve_alert('z'); end $$;
select is(backup.queue_alerts('2026-05-02 00:01Z'), 0, 'queue_alerts() does not tell the end of what nobody heard of');
do $$ begin perform backup.raise_alert('z', 'warning', 'm'); end $$;
select is(backup.queue_alerts('2026-05-02 00:02Z') || pg_temp.last(), '1z raised warning', 'queue_alerts() tells of it when it comes back');

-- given up
delete from backup.alerts; delete from backup.alert_deliveries;
create function pg_temp.lost(p_at timestamptz) returns void language sql as $$
  update backup.alert_deliveries set channel = 'slack', state = 'failed', error = 'HTTP 500', finished_at = p_at where state = 'pending' $$;
do $$ begin perform backup.raise_alert('g', 'warning', 'm'); perform backup.queue_alerts('2026-06-01 00:00Z'); perform pg_temp.lost('2026-06-01 02:00Z'); end $$;
select is(backup.queue_alerts('2026-06-02 01:59Z'), 0, 'queue_alerts() does not say again each minute what was given up');
select is(backup.queue_alerts('2026-06-02 02:00Z') || pg_temp.last(), '1g raised warning', 'queue_alerts() says it again after a day');
do $$ begin perform pg_temp.lost('2026-06-02 04:00Z'); perform backup.resolve_alert('g'); end $$;
select is(backup.queue_alerts('2026-06-02 04:01Z'), 0, 'queue_alerts() does not tell the end of what reached nobody');
do $$ begin perform backup.raise_alert('g', 'warning', 'm'); end $$;
select is(backup.queue_alerts('2026-06-02 04:02Z') || pg_temp.last(), '1g raised warning', 'queue_alerts() tells of it as new when it comes back');
do $$ begin perform pg_temp.sent(); perform backup.raise_alert('g', 'critical', 'm'); perform backup.queue_alerts('2026-06-02 05:00Z'); perform pg_temp.lost('2026-06-02 07:00Z'); perform backup.resolve_alert('g'); end $$;
select is(backup.queue_alerts('2026-06-02 07:01Z') || pg_temp.last(), '1g resolved critical', 'queue_alerts() tells the end of what somebody has heard of, although a later word was given up');

-- permissions
select function_privs_are('backup', 'queue_alerts', array['timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute queue_alerts()');
select function_privs_are('backup', 'queue_alerts', array['timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute queue_alerts()');
select function_privs_are('backup', 'queue_alerts', array['timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute queue_alerts()');

select * from finish();
rollback;
