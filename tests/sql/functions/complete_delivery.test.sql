-- Tests sql/functions/complete_delivery.sql
begin;
select plan(12);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
insert into backup.alert_deliveries (event, cause, channel, content, attempts, claim_id, lease_until, error) values ('heartbeat', 'h', 'heartbeat_export', '{}', 2, '00000000-0000-0000-0000-00000000000a', now(), 'HTTP 500');
create function pg_temp.complete(p_claim uuid) returns boolean language sql as $$ select backup.complete_delivery((select delivery_id from backup.alert_deliveries), p_claim, 204) $$;

-- contract
select function_returns('backup', 'complete_delivery', array['bigint', 'uuid', 'integer'], 'boolean', 'complete_delivery() returns boolean');
select isnt(obj_description('backup.complete_delivery(bigint,uuid,integer)'::regprocedure), null, 'complete_delivery() has a comment');

-- behaviour
select is(pg_temp.complete('00000000-0000-0000-0000-00000000000b'), false, 'complete_delivery() takes no report of a claim that was lost');
select is((select state from backup.alert_deliveries), 'pending', 'complete_delivery() leaves the row alone then');
select is(pg_temp.complete('00000000-0000-0000-0000-00000000000a'), true, 'complete_delivery() takes the report of the claim, also after its lease');
select results_eq('select state, status_code, error, attempts, claim_id, finished_at >= now() from backup.alert_deliveries', $$ values ('sent', 204, null, 2, null::uuid, true) $$, 'complete_delivery() records that it has arrived');
select is(pg_temp.complete('00000000-0000-0000-0000-00000000000a'), false, 'complete_delivery() does so once');

-- open alerts that were given up
delete from backup.alert_deliveries;
insert into backup.alerts (cause, severity, message) values ('x', 'warning', 'm');
insert into backup.alert_deliveries (alert_id, event, cause, channel, state, content, error, finished_at)
select a.alert_id, 'raised', 'x', c, 'failed', '{}', 'HTTP 500', now() from backup.alerts a cross join unnest('{slack,email}'::text[]) c;
create function pg_temp.arrive(p_channel text) returns boolean language sql as $$
  insert into backup.alert_deliveries (event, cause, channel, content, claim_id, lease_until) values ('test', 'other', p_channel, '{}', '00000000-0000-0000-0000-00000000000a', now());
  select backup.complete_delivery(d.delivery_id, d.claim_id, 204) from backup.alert_deliveries d where d.claim_id is not null $$;
do $$ begin perform pg_temp.arrive('heartbeat_export'); end $$;
select is_empty($$ select from backup.alert_deliveries where state = 'pending' $$, 'complete_delivery() takes no heartbeat for a channel that works');
do $$ begin perform pg_temp.arrive('slack'); end $$;
select results_eq($$ select channel, cause, attempts from backup.alert_deliveries where state = 'pending' $$, $$ values ('slack', 'x', 0) $$,
  'complete_delivery() has an open alert told that was given up on the channel, and leaves other channels alone');

-- permissions
select function_privs_are('backup', 'complete_delivery', array['bigint', 'uuid', 'integer'], 'anon', array[]::text[], 'anon may not execute complete_delivery()');
select function_privs_are('backup', 'complete_delivery', array['bigint', 'uuid', 'integer'], 'authenticated', array[]::text[], 'authenticated may not execute complete_delivery()');
select function_privs_are('backup', 'complete_delivery', array['bigint', 'uuid', 'integer'], 'service_role', array[]::text[], 'service_role may not execute complete_delivery()');

select * from finish();
rollback;
