-- Tests sql/functions/claim_deliveries.sql
begin;
select plan(13);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
insert into backup.alerts (cause, severity, message) values ('x', 'warning', 'm');
insert into backup.alert_deliveries (alert_id, event, cause, content, queued_at, not_before) select a.alert_id, 'raised', 'x', '{"a": 1}', '2026-01-01Z', '2026-01-01Z' from backup.alerts a;
insert into backup.alert_deliveries (event, cause, channel, content, queued_at, not_before) values ('heartbeat', 'heartbeat_export', 'heartbeat_export', '{"subject": "r"}', '2026-01-01 00:00:01Z', '2026-01-01 00:01Z');

-- contract
select function_returns('backup', 'claim_deliveries', array['text[]', 'integer', 'timestamp with time zone', 'interval'], 'setof record', 'claim_deliveries() returns setof record');
select isnt(obj_description('backup.claim_deliveries(text[],integer,timestamptz,interval)'::regprocedure), null, 'claim_deliveries() has a comment');

-- behaviour
select results_eq($$ select event, channel, attempt, queued_at, content from backup.claim_deliveries('{slack,email,heartbeat_export}', 5, '2026-01-01 00:00:30Z', '2 minutes') order by channel $$, $$ values
  ('raised', 'email', 1, '2026-01-01Z'::timestamptz, '{"a": 1}'::jsonb), ('raised', 'slack', 1, '2026-01-01Z', '{"a": 1}') $$, 'claim_deliveries() routes events and takes what is due');
select is((select count(*) from backup.alert_deliveries where claim_id is not null and lease_until = '2026-01-01 00:02:30Z'), 2::bigint, 'claim_deliveries() holds it for a lease');
select results_eq($$ select channel from backup.claim_deliveries('{slack,email,heartbeat_export}', 5, '2026-01-01 00:01Z') $$, array['heartbeat_export'], 'claim_deliveries() gives a message to one function, and waits for the next attempt');
select is_empty($$ select * from backup.claim_deliveries('{slack,email,heartbeat_export}', 5, '2026-01-01 00:02Z') $$, 'claim_deliveries() returns nothing when all are held');
select results_eq($$ select channel, attempt from backup.claim_deliveries('{slack,email,heartbeat_export}', 1, '2026-01-01 00:02:30Z') $$, $$ values ('email', 2) $$,
  'claim_deliveries() takes over when a lease has ended, the oldest first, no more than asked for');

-- one after the other
update backup.alert_deliveries set claim_id = gen_random_uuid(), lease_until = '2026-01-01 00:20Z' where channel = 'slack';
update backup.alert_deliveries set state = 'sent', finished_at = now(), claim_id = null, lease_until = null where channel <> 'slack';
insert into backup.alert_deliveries (alert_id, event, cause, content, queued_at, not_before) select a.alert_id, 'resolved', 'x', '{}', '2026-01-01 00:10Z', '2026-01-01 00:10Z' from backup.alerts a;
select results_eq($$ select channel, event from backup.claim_deliveries('{slack,email}', 5, '2026-01-01 00:15Z') $$, $$ values ('email', 'resolved') $$, 'claim_deliveries() holds a message while an older one about the same is on its way');
select results_eq($$ select channel, event from backup.claim_deliveries('{slack}', 5, '2026-01-01 00:21Z') $$, $$ values ('slack', 'resolved') $$, 'claim_deliveries() takes the newer one when that never arrived');
select is((select state from backup.alert_deliveries where channel = 'slack' and event = 'raised'), 'skipped', 'claim_deliveries() has then dropped the older one');

-- permissions
select function_privs_are('backup', 'claim_deliveries', array['text[]', 'integer', 'timestamp with time zone', 'interval'], 'anon', array[]::text[], 'anon may not execute claim_deliveries()');
select function_privs_are('backup', 'claim_deliveries', array['text[]', 'integer', 'timestamp with time zone', 'interval'], 'authenticated', array[]::text[], 'authenticated may not execute claim_deliveries()');
select function_privs_are('backup', 'claim_deliveries', array['text[]', 'integer', 'timestamp with time zone', 'interval'], 'service_role', array[]::text[], 'service_role may not execute claim_deliveries()');

select * from finish();
rollback;
