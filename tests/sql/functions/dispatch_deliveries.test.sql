-- Tests sql/functions/dispatch_deliveries.sql
begin;
select plan(20);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
update backup.settings set external_clock = true;
create function pg_temp.queue(p_at timestamptz) returns void language sql as $$
  insert into backup.alert_deliveries (event, cause, channel, content, queued_at, not_before) values ('heartbeat', 'h', 'heartbeat_export', '{}', p_at, p_at) $$;

-- contract
select function_returns('backup', 'dispatch_deliveries', array['timestamp with time zone'], 'integer', 'dispatch_deliveries() returns integer');
select isnt(obj_description('backup.dispatch_deliveries(timestamptz)'::regprocedure), null, 'dispatch_deliveries() has a comment');

-- behaviour
select is(backup.dispatch_deliveries(), 0, 'dispatch_deliveries() sends for nobody while nothing is queued');
do $$ begin perform pg_temp.queue(now() + interval '1 minute'); end $$;
select is(backup.dispatch_deliveries(), 0, 'dispatch_deliveries() waits until something is due');
select is(backup.dispatch_deliveries(now() + interval '1 minute'), 1, 'dispatch_deliveries() sends for a function then');
select results_eq('select function_name, body from backup.tickets', $$ values ('deliver-alerts', '{"action": "deliver"}'::jsonb) $$, 'dispatch_deliveries() tells it what to do');
select is(backup.dispatch_deliveries(now() + interval '2 minutes'), 0, 'dispatch_deliveries() does not send again while the ticket waits to be claimed');
select is(backup.dispatch_deliveries(now() + interval '6 minutes'), 1, 'dispatch_deliveries() sends again when it has expired');
update backup.tickets set claimed_at = now();
select is(backup.dispatch_deliveries(now() + interval '6 minutes'), 1, 'dispatch_deliveries() sends again when it was claimed and something is still due');
update backup.tickets set claimed_at = now();
update backup.alert_deliveries set claim_id = gen_random_uuid(), lease_until = now() + interval '10 minutes';
select is(backup.dispatch_deliveries(now() + interval '9 minutes'), 0, 'dispatch_deliveries() leaves a message alone that is on its way');
select is(backup.dispatch_deliveries(now() + interval '10 minutes'), 1, 'dispatch_deliveries() sends for another when its lease has ended');
update backup.tickets set claimed_at = now();
select is(backup.dispatch_deliveries(now() + interval '24 hours 9 minutes'), 1, 'dispatch_deliveries() goes on for a day');
update backup.tickets set claimed_at = now();
select is((select calls from backup.alert_deliveries), 5, 'dispatch_deliveries() counts its calls');
update backup.alert_deliveries set calls = 98;
select is(backup.dispatch_deliveries(now() + interval '3 days'), 1, 'dispatch_deliveries() goes on after a pause in which nobody was called');
update backup.tickets set claimed_at = now();
select is(backup.dispatch_deliveries(now() + interval '3 days'), 1, 'dispatch_deliveries() goes on until the calls of a day have been made');
update backup.tickets set claimed_at = now();
select is(backup.dispatch_deliveries(now() + interval '3 days'), 0, 'dispatch_deliveries() gives up what nobody has taken for a day');
select results_eq('select state, error, claim_id from backup.alert_deliveries', $$ values ('failed', 'function deliver-alerts has not taken it for a day', null::uuid) $$, 'dispatch_deliveries() says so');

-- permissions
select function_privs_are('backup', 'dispatch_deliveries', array['timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute dispatch_deliveries()');
select function_privs_are('backup', 'dispatch_deliveries', array['timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute dispatch_deliveries()');
select function_privs_are('backup', 'dispatch_deliveries', array['timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute dispatch_deliveries()');

select * from finish();
rollback;
