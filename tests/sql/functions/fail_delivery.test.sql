-- Tests sql/functions/fail_delivery.sql
begin;
select plan(16);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
insert into backup.alert_deliveries (event, cause, channel, content) values ('heartbeat', 'h', 'heartbeat_export', '{}');
create function pg_temp.fail(p_attempt integer, p_final boolean default false, p_retry_after interval default null) returns interval language plpgsql as $$
begin
  update backup.alert_deliveries set state = 'pending', finished_at = null, error = null, attempts = p_attempt, claim_id = '00000000-0000-0000-0000-00000000000a', lease_until = '2026-01-01Z';
  perform backup.fail_delivery(delivery_id, claim_id, 503, 'HTTP 503', p_final, p_retry_after, '2026-01-01Z') from backup.alert_deliveries;
  return (select case when state = 'pending' then not_before - '2026-01-01Z' end from backup.alert_deliveries);
end $$;

-- contract
select function_returns('backup', 'fail_delivery', array['bigint', 'uuid', 'integer', 'text', 'boolean', 'interval', 'timestamp with time zone'], 'boolean', 'fail_delivery() returns boolean');
select isnt(obj_description('backup.fail_delivery(bigint,uuid,integer,text,boolean,interval,timestamptz)'::regprocedure), null, 'fail_delivery() has a comment');

-- behaviour
select results_eq($$ select backup.fail_delivery(delivery_id, '00000000-0000-0000-0000-00000000000b', 503, 'HTTP 503') from backup.alert_deliveries $$, array[false], 'fail_delivery() takes no report of a claim that was lost');
select is(pg_temp.fail(1), '1 minute'::interval, 'fail_delivery() tries again after a minute');
select results_eq('select state, status_code, error, claim_id, lease_until, finished_at from backup.alert_deliveries', $$ values ('pending', 503, 'HTTP 503', null::uuid, null::timestamptz, null::timestamptz) $$,
  'fail_delivery() records why and frees the message');
select is(array[pg_temp.fail(2), pg_temp.fail(3), pg_temp.fail(6), pg_temp.fail(7)], array['2 minutes', '4 minutes', '32 minutes', '1 hour']::interval[], 'fail_delivery() doubles the time, up to an hour');
select is(pg_temp.fail(1, false, '10 minutes'), '10 minutes'::interval, 'fail_delivery() waits as long as the receiver asks');
select is(pg_temp.fail(3, false, '1 second'), '4 minutes'::interval, 'fail_delivery() does not come sooner for that');
select is(pg_temp.fail(1, false, '1 year'), '1 day'::interval, 'fail_delivery() waits a day at most');
select is(pg_temp.fail(1, true), null, 'fail_delivery() gives up what another attempt cannot change');
select results_eq('select state, status_code, error, claim_id, finished_at from backup.alert_deliveries', $$ values ('failed', 503, 'HTTP 503', null::uuid, '2026-01-01Z'::timestamptz) $$, 'fail_delivery() records that it is given up');
select is(pg_temp.fail(8), null, 'fail_delivery() gives up after eight attempts');
update backup.settings set alert_max_attempts = 9;
select is(pg_temp.fail(8), '1 hour'::interval, 'fail_delivery() takes the limit from settings');

-- permissions
select function_privs_are('backup', 'fail_delivery', array['bigint', 'uuid', 'integer', 'text', 'boolean', 'interval', 'timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute fail_delivery()');
select function_privs_are('backup', 'fail_delivery', array['bigint', 'uuid', 'integer', 'text', 'boolean', 'interval', 'timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute fail_delivery()');
select function_privs_are('backup', 'fail_delivery', array['bigint', 'uuid', 'integer', 'text', 'boolean', 'interval', 'timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute fail_delivery()');

select * from finish();
rollback;
