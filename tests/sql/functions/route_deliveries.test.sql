-- Tests sql/functions/route_deliveries.sql
begin;
select plan(16);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
update backup.settings set alert_max_attempts = 3;
insert into backup.alerts (cause, severity, message) values ('x', 'warning', 'm');
create function pg_temp.queue(p_event text, p_at timestamptz) returns void language sql as $$
  insert into backup.alert_deliveries (alert_id, event, cause, content, queued_at, not_before) select a.alert_id, p_event, 'x', '{"a": 1}', p_at, p_at from backup.alerts a $$;

-- contract
select function_returns('backup', 'route_deliveries', array['text[]', 'timestamp with time zone'], 'void', 'route_deliveries() returns void');
select isnt(obj_description('backup.route_deliveries(text[],timestamptz)'::regprocedure), null, 'route_deliveries() has a comment');

-- behaviour
-- no channel
do $$ begin perform pg_temp.queue('raised', '2026-01-01Z'); perform backup.route_deliveries('{heartbeat_export}', '2026-01-01 00:01Z'); end $$;
select results_eq('select state, channel, error, finished_at from backup.alert_deliveries', $$ values ('skipped', null, 'no channel configured', '2026-01-01 00:01Z'::timestamptz) $$,
  'route_deliveries() skips an event when there is no channel for messages');

-- one row for each channel
delete from backup.alert_deliveries;
do $$ begin perform pg_temp.queue('raised', '2026-01-01Z'); perform backup.route_deliveries('{slack,heartbeat_export,email}', '2026-01-01 00:01Z'); end $$;
select results_eq('select channel, state, event, cause, content, queued_at, not_before from backup.alert_deliveries order by channel', $$ values
  ('email', 'pending', 'raised', 'x', '{"a": 1}'::jsonb, '2026-01-01Z'::timestamptz, '2026-01-01Z'::timestamptz), ('slack', 'pending', 'raised', 'x', '{"a": 1}', '2026-01-01Z', '2026-01-01Z') $$,
  'route_deliveries() gives an event a row for each channel of messages');
select is((select count(distinct event_id) || ' ' || count(distinct alert_id) from backup.alert_deliveries), '1 1', 'route_deliveries() keeps the id of the event and of the alert');
do $$ begin perform backup.route_deliveries('{slack,email}', '2026-01-01 00:02Z'); end $$;
select is((select count(*) from backup.alert_deliveries where state = 'pending'), 2::bigint, 'route_deliveries() does so once');

-- a channel that is gone, and one that is on its way there
update backup.alert_deliveries set claim_id = gen_random_uuid(), lease_until = '2026-01-01 00:05Z' where channel = 'slack';
do $$ begin perform backup.route_deliveries('{}', '2026-01-01 00:04Z'); end $$;
select results_eq('select channel, state, error from backup.alert_deliveries order by channel', $$ values ('email', 'skipped', 'channel is not configured'), ('slack', 'pending', null) $$,
  'route_deliveries() skips what is for a channel that is not configured any more, unless it is on its way');

-- replaced
do $$ begin perform pg_temp.queue('resolved', '2026-01-01 00:03Z'); perform backup.route_deliveries('{email,slack}', '2026-01-01 00:04Z'); end $$;
select results_eq($$ select event, state from backup.alert_deliveries where channel = 'slack' order by queued_at $$, $$ values ('raised', 'pending'), ('resolved', 'pending') $$,
  'route_deliveries() does not replace what is on its way');
do $$ begin perform backup.route_deliveries('{email,slack}', '2026-01-01 00:06Z'); end $$;
select results_eq($$ select o.event, o.state, o.claim_id, o.error = 'replaced by delivery ' || n.delivery_id from backup.alert_deliveries o join backup.alert_deliveries n using (channel)
                     where channel = 'slack' and o.event = 'raised' and n.event = 'resolved' $$,
  $$ values ('raised', 'skipped', null::uuid, true) $$, 'route_deliveries() lets a newer event replace one that has not arrived');
insert into backup.alert_deliveries (event, cause, channel, content, queued_at) values ('heartbeat', 'heartbeat_export', 'heartbeat_export', '{}', '2026-01-01Z'), ('heartbeat', 'heartbeat_verify', 'heartbeat_verify', '{}', '2026-01-02Z');
do $$ begin perform backup.route_deliveries('{heartbeat_export,heartbeat_verify}', '2026-01-02Z'); end $$;
select is((select count(*) from backup.alert_deliveries where event = 'heartbeat' and state = 'pending'), 2::bigint, 'route_deliveries() keeps causes and channels apart');

-- tried too often by functions that died
update backup.alert_deliveries set attempts = 2, claim_id = gen_random_uuid(), lease_until = '2026-01-03Z' where event = 'heartbeat';
update backup.alert_deliveries set attempts = 3 where channel = 'heartbeat_verify';
do $$ begin perform backup.route_deliveries('{heartbeat_export,heartbeat_verify}', '2026-01-02 12:00Z'); end $$;
select is((select count(*) from backup.alert_deliveries where event = 'heartbeat' and state = 'pending'), 2::bigint, 'route_deliveries() waits for the end of a lease');
do $$ begin perform backup.route_deliveries('{heartbeat_export,heartbeat_verify}', '2026-01-03Z'); end $$;
select results_eq($$ select channel, state, error, claim_id is null from backup.alert_deliveries where event = 'heartbeat' order by channel $$,
  $$ values ('heartbeat_export', 'pending', null, false), ('heartbeat_verify', 'failed', 'the functions that sent it ended before they had an answer', true) $$, 'route_deliveries() gives up what was tried too often');
update backup.alert_deliveries set attempts = 3, claim_id = null, lease_until = null where channel = 'heartbeat_export';
do $$ begin perform backup.route_deliveries('{slack}', '2026-01-03Z'); end $$;
select is((select state from backup.alert_deliveries where channel = 'heartbeat_export'), 'skipped', 'route_deliveries() does not call a channel failing that was removed');

-- permissions
select function_privs_are('backup', 'route_deliveries', array['text[]', 'timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute route_deliveries()');
select function_privs_are('backup', 'route_deliveries', array['text[]', 'timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute route_deliveries()');
select function_privs_are('backup', 'route_deliveries', array['text[]', 'timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute route_deliveries()');

select * from finish();
rollback;
