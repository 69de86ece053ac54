-- Tests sql/functions/_reopen_untold.sql
begin;
select plan(14);

-- arrange
delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets;
insert into backup.alerts (cause, severity, message, resolved_at) values ('open', 'warning', 'm', null), ('closed', 'warning', 'm', now()), ('later', 'warning', 'm', null), ('channel', 'warning', 'm', null);
insert into backup.alert_deliveries (alert_id, event, cause, channel, state, content, error, queued_at, finished_at)
select a.alert_id, 'raised', a.cause, case a.cause when 'channel' then 'slack' end, 'skipped', '{}', 'no channel configured', '2026-01-01Z', '2026-01-01 00:01Z' from backup.alerts a;
insert into backup.alert_deliveries (alert_id, event, cause, state, content, error, queued_at, finished_at)
select a.alert_id, 'escalated', a.cause, 'skipped', '{}', 'no channel configured', '2026-01-02Z', '2026-01-02 00:01Z' from backup.alerts a where a.cause = 'later';

-- contract
select function_returns('backup', '_reopen_untold', array['text', 'timestamp with time zone', 'timestamp with time zone'], 'integer', '_reopen_untold() returns integer');
select isnt(obj_description('backup._reopen_untold(text,timestamptz,timestamptz)'::regprocedure), null, '_reopen_untold() has a comment');

-- behaviour
select is(backup._reopen_untold(null, '2026-01-01Z', '2026-01-03Z'), 0, '_reopen_untold() leaves alone what was skipped after that time');
select is(backup._reopen_untold(null, '2026-01-01 00:01Z', '2026-01-03Z'), 1, '_reopen_untold() returns how many it reopened');
select results_eq($$ select cause, event, not_before, error, finished_at from backup.alert_deliveries where state = 'pending' $$, $$ values ('open', 'raised', '2026-01-03Z'::timestamptz, null, null::timestamptz) $$,
  '_reopen_untold() reopens what found no channel, is the last word, and is about an open alert');
select is(backup._reopen_untold(null, '2026-01-04Z', '2026-01-04Z'), 1, '_reopen_untold() takes the last word of another');
select results_eq($$ select cause, event from backup.alert_deliveries where state = 'pending' order by 1 $$, $$ values ('later', 'escalated'), ('open', 'raised') $$, '_reopen_untold() leaves the older word of it closed');

-- given up
delete from backup.alert_deliveries;
insert into backup.alert_deliveries (alert_id, event, cause, channel, state, content, attempts, calls, error, status_code, queued_at, finished_at)
select a.alert_id, 'raised', a.cause, c, 'failed', '{}', 8, 100, 'HTTP 500', 500, '2026-01-01Z', '2026-01-01 02:00Z' from backup.alerts a cross join unnest('{slack,email}'::text[]) c where a.cause in ('open', 'closed', 'later');
insert into backup.alert_deliveries (alert_id, event, cause, channel, state, content, error, queued_at, finished_at)
select a.alert_id, 'escalated', a.cause, case a.cause when 'later' then 'slack' end, case a.cause when 'later' then 'sent' else 'failed' end, '{}', 'not taken', '2026-01-02Z', '2026-01-03Z' from backup.alerts a where a.cause in ('later', 'channel');
select is(backup._reopen_untold(null, '2026-01-04Z', '2026-01-04Z'), 0, '_reopen_untold() leaves what was given up until something arrives');
select is(backup._reopen_untold('slack', '2026-01-04Z', '2026-01-04Z'), 2, '_reopen_untold() reopens what was given up once something arrives');
select results_eq($$ select cause, channel, attempts, calls, error, status_code, not_before from backup.alert_deliveries where state = 'pending' order by cause $$,
  $$ values ('channel', null, 0, 0, null, null::integer, '2026-01-04Z'::timestamptz), ('open', 'slack', 0, 0, null, null, '2026-01-04Z') $$,
  '_reopen_untold() reopens, for a channel that works, the last word about each open cause that it has not got or no function has taken');
select is(backup._reopen_untold('slack', '2026-01-04Z', '2026-01-04Z'), 0, '_reopen_untold() does so once');

-- permissions
select function_privs_are('backup', '_reopen_untold', array['text', 'timestamp with time zone', 'timestamp with time zone'], 'anon', array[]::text[], 'anon may not execute _reopen_untold()');
select function_privs_are('backup', '_reopen_untold', array['text', 'timestamp with time zone', 'timestamp with time zone'], 'authenticated', array[]::text[], 'authenticated may not execute _reopen_untold()');
select function_privs_are('backup', '_reopen_untold', array['text', 'timestamp with time zone', 'timestamp with time zone'], 'service_role', array[]::text[], 'service_role may not execute _reopen_untold()');

select * from finish();
rollback;
