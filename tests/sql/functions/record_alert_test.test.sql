-- Tests sql/functions/record_alert_test.sql
begin;
select plan(13);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
update backup.settings set project_ref = 'abc';
insert into backup.alerts (cause, severity, message) values ('x', 'warning', 'm');
insert into backup.alert_deliveries (alert_id, event, cause, state, content, error, finished_at) select a.alert_id, 'raised', 'x', 'skipped', '{}', 'no channel configured', now() - interval '1 minute' from backup.alerts a;

-- contract
select function_returns('backup', 'record_alert_test', array['jsonb'], 'void', 'record_alert_test() returns void');
select isnt(obj_description('backup.record_alert_test(jsonb)'::regprocedure), null, 'record_alert_test() has a comment');

-- behaviour
select lives_ok($$ select backup.record_alert_test('[{"channel": "slack", "sent": false, "status_code": 404, "error": "HTTP 404"}, {"channel": "heartbeat_export", "sent": true, "status_code": 200, "error": null}]') $$,
  'record_alert_test() takes outcomes');
select results_eq($$ select channel, state, status_code, error, content, finished_at >= now() from backup.alert_deliveries where event = 'test' order by channel $$, $$ values
  ('heartbeat_export', 'sent', 200, null, '{"project": "abc"}'::jsonb, true), ('slack', 'failed', 404, 'HTTP 404', '{"project": "abc"}', true) $$, 'record_alert_test() records each');
select is((select state from backup.alert_deliveries where event = 'raised'), 'skipped', 'record_alert_test() takes neither a failure nor a heartbeat for a channel that works');
do $$ begin perform backup.record_alert_test('[{"channel": "email", "sent": true, "status_code": 200}]'); end $$;
select is((select state from backup.alert_deliveries where event = 'raised'), 'pending', 'record_alert_test() has open alerts told that had found no channel');
select is(backup.queue_alerts(), 0, 'record_alert_test() counts for no alert');
update backup.alert_deliveries set channel = 'slack', state = 'failed', error = 'HTTP 404', finished_at = now() where event = 'raised';
do $$ begin perform backup.record_alert_test('[{"channel": "email", "sent": true, "status_code": 200}]'); end $$;
select is((select state from backup.alert_deliveries where event = 'raised'), 'failed', 'record_alert_test() does not take one channel for another');
do $$ begin perform backup.record_alert_test('[{"channel": "slack", "sent": true, "status_code": 200}]'); end $$;
select is((select state from backup.alert_deliveries where event = 'raised'), 'pending', 'record_alert_test() has open alerts told that were given up on the channel');
select throws_ok($$ select backup.record_alert_test('[{"channel": "pager", "sent": true}]') $$, '23514', null, 'record_alert_test() rejects an unknown channel');

-- permissions
select function_privs_are('backup', 'record_alert_test', array['jsonb'], 'anon', array[]::text[], 'anon may not execute record_alert_test()');
select function_privs_are('backup', 'record_alert_test', array['jsonb'], 'authenticated', array[]::text[], 'authenticated may not execute record_alert_test()');
select function_privs_are('backup', 'record_alert_test', array['jsonb'], 'service_role', array[]::text[], 'service_role may not execute record_alert_test()');

select * from finish();
rollback;
