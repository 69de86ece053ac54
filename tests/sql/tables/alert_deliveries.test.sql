-- Tests sql/tables/alert_deliveries.sql
begin;
select plan(22);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries;
insert into backup.alerts (cause, severity, message) values ('x', 'warning', 'm');
create function pg_temp.put(p_columns text, p_values text) returns void language plpgsql as $$
begin execute format('insert into backup.alert_deliveries (cause, content, %s) select ''x'', ''{}'', %s from backup.alerts a', p_columns, p_values); end $$;

-- contract
select columns_are('backup', 'alert_deliveries', array['delivery_id', 'event_id', 'alert_id', 'event', 'cause', 'channel', 'state', 'content', 'attempts', 'calls', 'not_before', 'claim_id', 'lease_until', 'status_code', 'error', 'queued_at', 'finished_at'], 'alert_deliveries has its columns');
select col_is_pk('backup', 'alert_deliveries', array['delivery_id'], 'alert_deliveries has a key');
select isnt(obj_description('backup.alert_deliveries'::regclass), null, 'alert_deliveries has a comment');

-- behaviour
select lives_ok($$ select pg_temp.put('alert_id, event', 'a.alert_id, ''raised''') $$, 'alert_deliveries accepts an event without a channel');
select results_eq('select state, attempts, not_before >= now(), event_id is not null from backup.alert_deliveries', $$ values ('pending', 0, true, true) $$, 'alert_deliveries begins as pending and due');
select throws_ok($$ select pg_temp.put('alert_id, event', 'a.alert_id, ''changed''') $$, '23514', null, 'alert_deliveries rejects an unknown event');
select throws_ok($$ select pg_temp.put('alert_id, event, channel', 'a.alert_id, ''raised'', ''pager''') $$, '23514', null, 'alert_deliveries rejects an unknown channel');
select throws_ok($$ select pg_temp.put('alert_id, event, state', 'a.alert_id, ''raised'', ''lost''') $$, '23514', null, 'alert_deliveries rejects an unknown state');
select throws_ok($$ select pg_temp.put('event', '''raised''') $$, '23514', null, 'alert_deliveries rejects an alert event without its alert');
select throws_ok($$ select pg_temp.put('alert_id, event', 'a.alert_id, ''heartbeat''') $$, '23514', null, 'alert_deliveries rejects a heartbeat of an alert');
select throws_ok($$ select pg_temp.put('alert_id, event, finished_at', 'a.alert_id, ''raised'', now()') $$, '23514', null, 'alert_deliveries rejects pending and finished');
select throws_ok($$ select pg_temp.put('alert_id, event, claim_id', 'a.alert_id, ''raised'', gen_random_uuid()') $$, '23514', null, 'alert_deliveries rejects a claim without a lease');
select throws_ok($$ select pg_temp.put('alert_id, event, channel, state, finished_at, claim_id, lease_until', 'a.alert_id, ''raised'', ''slack'', ''sent'', now(), gen_random_uuid(), now()') $$, '23514', null, 'alert_deliveries rejects a claim on what has ended');
select throws_ok($$ select pg_temp.put('alert_id, event, state, finished_at', 'a.alert_id, ''raised'', ''sent'', now()') $$, '23514', null, 'alert_deliveries rejects sent without a channel');
select throws_ok($$ select pg_temp.put('alert_id, event, state, finished_at', 'a.alert_id, ''raised'', ''failed'', now()') $$, '23514', null, 'alert_deliveries rejects failed without a reason');
update backup.alert_deliveries set channel = 'slack';
select throws_ok($$ insert into backup.alert_deliveries (event_id, alert_id, event, cause, channel, content) select event_id, alert_id, event, cause, channel, content from backup.alert_deliveries $$, '23505', null, 'alert_deliveries rejects an event twice on a channel');
delete from backup.alerts;
select is_empty('select from backup.alert_deliveries', 'alert_deliveries go with their alert');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.alert_deliveries'::regclass), true, 'alert_deliveries has row level security');
select policies_are('backup', 'alert_deliveries', array['service_role_reads'], 'alert_deliveries has one policy');
select table_privs_are('backup', 'alert_deliveries', 'anon', array[]::text[], 'anon may not touch alert_deliveries');
select table_privs_are('backup', 'alert_deliveries', 'authenticated', array[]::text[], 'authenticated may not touch alert_deliveries');
select table_privs_are('backup', 'alert_deliveries', 'service_role', array['SELECT'], 'service_role may read alert_deliveries and nothing else');

select * from finish();
rollback;
