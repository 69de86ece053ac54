-- Tests sql/functions/_reopen_skipped.sql
begin;
select plan(10);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
insert into backup.alerts (cause, severity, message, resolved_at) values ('open', 'warning', 'm', null), ('closed', 'warning', 'm', now()), ('later', 'warning', 'm', null), ('channel', 'warning', 'm', null);
insert into backup.alert_deliveries (alert_id, event, cause, channel, state, content, error, queued_at, finished_at)
select a.alert_id, 'raised', a.cause, case a.cause when 'channel' then 'slack' end, 'skipped', '{}', 'no channel configured', '2026-01-01Z', '2026-01-01 00:01Z' from backup.alerts a;
insert into backup.alert_deliveries (alert_id, event, cause, state, content, error, queued_at, finished_at)
select a.alert_id, 'escalated', a.cause, 'skipped', '{}', 'no channel configured', '2026-01-02Z', '2026-01-02 00:01Z' from backup.alerts a where a.cause = 'later';

-- contract
select function_returns('backup', '_reopen_skipped', array['timestamp with time zone', 'timestamp with time zone'], 'integer', '_reopen_skipped() returns integer');
select isnt(obj_description('backup._reopen_skipped(timestamptz,timestamptz)'::regprocedure), null, '_reopen_skipped() has a comment');

-- behaviour
select is(backup._reopen_skipped('2026-01-01Z', '2026-01-03Z'), 0, '_reopen_skipped() leaves alone what was skipped after that time');
select is(backup._reopen_skipped('2026-01-01 00:01Z', '2026-01-03Z'), 1, '_reopen_skipped() returns how many it reopened');
select results_eq($$ select cause, event, not_before, error, finished_at from backup.alert_deliveries where state = 'pending' $$, $$ values ('open', 'raised', '2026-01-03Z'::timestamptz, null, null::timestamptz) $$,
  '_reopen_skipped() reopens what found no channel, is the last word, and is about an open alert');
select is(backup._reopen_skipped('2026-01-04Z', '2026-01-04Z'), 1, '_reopen_skipped() takes the last word of another');
select results_eq($$ select cause, event from backup.alert_deliveries where state = 'pending' order by 1 $$, $$ values ('later', 'escalated'), ('open', 'raised') $$, '_reopen_skipped() leaves the older word of it closed');

-- permissions
select function_privs_are('backup', '_reopen_skipped', array['timestamp with time zone', 'timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute _reopen_skipped()');
select function_privs_are('backup', '_reopen_skipped', array['timestamp with time zone', 'timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute _reopen_skipped()');
select function_privs_are('backup', '_reopen_skipped', array['timestamp with time zone', 'timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute _reopen_skipped()');

select * from finish();
rollback;
