-- Tests sql/tables/alerts.sql
begin;
select plan(16);

-- contract
select columns_are('backup', 'alerts', array['alert_id', 'cause', 'severity', 'message', 'details', 'occurrences', 'raised_at', 'last_seen', 'resolved_at'], 'alerts has its columns');
select col_is_pk('backup', 'alerts', array['alert_id'], 'alerts has a key');
select isnt(obj_description('backup.alerts'::regclass), null, 'alerts has a comment');

-- behaviour
select lives_ok($$ insert into backup.alerts (cause, severity, message) values ('a', 'warning', 'm'), ('b', 'critical', 'm') $$, 'alerts accepts both severities');
select results_eq($$ select occurrences, raised_at >= now(), last_seen >= now(), resolved_at, details from backup.alerts where cause = 'a' $$, $$ values (1, true, true, null::timestamptz, '{}'::jsonb) $$, 'alerts counts from one and from now');
select throws_ok($$ insert into backup.alerts (cause, severity, message) values ('c', 'info', 'm') $$, '23514', null, 'alerts rejects another severity');
select throws_ok($$ insert into backup.alerts (cause, severity, message) values ('a', 'warning', 'm') $$, '23505', null, 'alerts rejects a second open alert of a cause');
update backup.alerts set resolved_at = now();
select lives_ok($$ insert into backup.alerts (cause, severity, message) values ('a', 'warning', 'm') $$, 'alerts accepts another alert once the first is resolved');
select throws_ok($$ insert into backup.alerts (cause, severity) values ('d', 'warning') $$, '23502', null, 'alerts rejects an alert without a message');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.alerts'::regclass), true, 'alerts has row level security');
select policies_are('backup', 'alerts', array['service_role_reads'], 'alerts has one policy');
select policy_roles_are('backup', 'alerts', 'service_role_reads', array['service_role'], 'alerts shows its rows to service_role');
select policy_cmd_is('backup', 'alerts', 'service_role_reads', 'select', 'alerts has a policy for reading');
select table_privs_are('backup', 'alerts', 'anon', array[]::text[], 'anon may not touch alerts');
select table_privs_are('backup', 'alerts', 'authenticated', array[]::text[], 'authenticated may not touch alerts');
select table_privs_are('backup', 'alerts', 'service_role', array['SELECT'], 'service_role may read alerts and nothing else');

select * from finish();
rollback;
