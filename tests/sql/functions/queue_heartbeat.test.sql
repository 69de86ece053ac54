-- Tests sql/functions/queue_heartbeat.sql
begin;
select plan(8);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
update backup.settings set project_ref = 'abc';

-- contract
select function_returns('backup', 'queue_heartbeat', array['text', 'text'], 'bigint', 'queue_heartbeat() returns bigint');
select isnt(obj_description('backup.queue_heartbeat(text,text)'::regprocedure), null, 'queue_heartbeat() has a comment');

-- behaviour
select is(backup.queue_heartbeat('heartbeat_export', 'r1') > 0, true, 'queue_heartbeat() returns the delivery');
select results_eq('select event, cause, channel, state, alert_id, content from backup.alert_deliveries',
  $$ values ('heartbeat', 'heartbeat_export', 'heartbeat_export', 'pending', null::bigint, '{"project": "abc", "subject": "r1"}'::jsonb) $$, 'queue_heartbeat() queues a ping for its channel');
select throws_ok($$ select backup.queue_heartbeat('pager', 'r1') $$, '23514', null, 'queue_heartbeat() rejects an unknown channel');

-- permissions
select function_privs_are('backup', 'queue_heartbeat', array['text', 'text'], 'anon', array[]::text[], 'anon may not execute queue_heartbeat()');
select function_privs_are('backup', 'queue_heartbeat', array['text', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute queue_heartbeat()');
select function_privs_are('backup', 'queue_heartbeat', array['text', 'text'], 'service_role', array[]::text[], 'service_role may not execute queue_heartbeat()');

select * from finish();
rollback;
