-- Tests sql/functions/_utc_text.sql
begin;
select plan(7);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
set local time zone 'Asia/Kathmandu';

-- contract
select function_returns('backup', '_utc_text', array['timestamp with time zone'], 'text', '_utc_text() returns text');
select isnt(obj_description('backup._utc_text(timestamptz)'::regprocedure), null, '_utc_text() has a comment');

-- behaviour
select is(backup._utc_text('2026-01-31 12:00:59.9+02'), '2026-01-31T10:00:59Z', '_utc_text() writes UTC whatever the session has');
select is(backup._utc_text(null), null, '_utc_text() leaves null alone');

-- permissions
select function_privs_are('backup', '_utc_text', array['timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute _utc_text()');
select function_privs_are('backup', '_utc_text', array['timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute _utc_text()');
select function_privs_are('backup', '_utc_text', array['timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute _utc_text()');

select * from finish();
rollback;
