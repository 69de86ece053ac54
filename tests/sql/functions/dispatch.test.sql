-- Tests sql/functions/dispatch.sql
begin;
select plan(16);

-- arrange
delete from backup.tickets;
delete from net.http_request_queue;
update backup.settings set functions_url = 'http://127.0.0.1:9/functions/v1/', external_clock = false;
create temporary table issued (ticket uuid);

-- contract
select function_returns('backup', 'dispatch', array['text', 'jsonb', 'text'], 'uuid', 'dispatch() returns uuid');
select isnt(obj_description('backup.dispatch(text,jsonb,text)'::regprocedure), null, 'dispatch() has a comment');

-- behaviour
insert into issued select backup.dispatch('export-backup', '{"action": "work"}', '20260101T000000Z-00000a');
select results_eq('select ticket_id, function_name, body, run_id, posted, claimed_at from backup.tickets',
  $$ select ticket, 'export-backup', '{"action": "work"}'::jsonb, '20260101T000000Z-00000a', true, null::timestamptz from issued $$, 'dispatch() issues a ticket');
select is((select expires_at > clock_timestamp() + interval '4 minutes' and expires_at <= clock_timestamp() + interval '5 minutes' from backup.tickets), true, 'dispatch() lets it expire after 5 minutes');
select results_eq('select method::text collate "default", url::text collate "default", headers ->> ''x-holdfast-ticket'', headers ->> ''Content-Type'' from net.http_request_queue',
  $$ select 'POST', 'http://127.0.0.1:9/functions/v1/export-backup', ticket::text, 'application/json' from issued $$, 'dispatch() posts it to the function');
select is((select convert_from(body, 'UTF8')::jsonb from net.http_request_queue), '{}', 'dispatch() sends nothing but the ticket');
select is((select timeout_milliseconds from net.http_request_queue), 10000, 'dispatch() gives the function 10 s to answer');
select isnt(backup.dispatch('export-backup'), (select ticket from issued), 'dispatch() issues every ticket once');
delete from backup.tickets;
delete from net.http_request_queue;
update backup.settings set external_clock = true;
select isnt(backup.dispatch('verify-backup'), null, 'dispatch() issues a ticket for a clock outside');
select results_eq('select function_name, body, run_id, posted from backup.tickets', $$ values ('verify-backup', '{}'::jsonb, null, false) $$, 'dispatch() then marks it as not posted');
delete from backup.tickets;
update backup.settings set external_clock = false, functions_url = null;
delete from vault.secrets where name = 'project_url';
select isnt(backup.dispatch('verify-backup'), null, 'dispatch() issues a ticket without a URL');
select is((select posted from backup.tickets), false, 'dispatch() then marks it as not posted as well');
select is_empty('select from net.http_request_queue', 'dispatch() posts nothing in either case');

-- permissions
select function_privs_are('backup', 'dispatch', array['text', 'jsonb', 'text'], 'anon', array[]::text[], 'anon may not execute dispatch()');
select function_privs_are('backup', 'dispatch', array['text', 'jsonb', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute dispatch()');
select function_privs_are('backup', 'dispatch', array['text', 'jsonb', 'text'], 'service_role', array[]::text[], 'service_role may not execute dispatch()');

select * from finish();
rollback;
