-- Tests sql/functions/raise_alert.sql
begin;
select plan(8);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
create temp table t as select backup.raise_alert('disk_full', 'warning', 'first', '{"n": 1}') as id;
select isnt((select id from t), null, 'raise_alert() returns the alert');
select is(backup.raise_alert('disk_full', 'critical', 'second', '{"n": 2}'), (select id from t), 'raise_alert() counts an open cause again');
select results_eq($$ select occurrences, severity, message, details from backup.alerts $$, $$ values (2, 'critical', 'second', '{"n": 2}'::jsonb) $$,
  'raise_alert() keeps the newest words');
select isnt(backup.raise_alert('other', 'warning', 'x'), (select id from t), 'raise_alert() keeps causes apart');
update backup.alerts set resolved_at = now();
select isnt(backup.raise_alert('disk_full', 'warning', 'again'), (select id from t), 'raise_alert() opens another after the first was resolved');
select throws_ok($$ select backup.raise_alert('x', 'fatal', 'x') $$, '23514', null, 'raise_alert() rejects an unknown severity');

-- permissions
select function_privs_are('backup', 'raise_alert', array['text','text','text','jsonb']::text[], 'anon', '{}'::text[], 'raise_alert() is closed to anon');
select function_privs_are('backup', 'raise_alert', array['text','text','text','jsonb']::text[], 'authenticated', '{}'::text[], 'raise_alert() is closed to authenticated');

select * from finish();
rollback;
