-- Tests sql/functions/resolve_alert.sql
begin;
select plan(6);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
select lives_ok($$ select backup.raise_alert('a', 'warning', 'x'), backup.raise_alert('b', 'warning', 'x') $$, 'resolve_alert() has something to resolve');
select ok(backup.resolve_alert('a'), 'resolve_alert() says that it closed an alert');
select results_eq($$ select cause from backup.alerts where resolved_at is null $$, array['b'], 'resolve_alert() closes its own cause only');
select ok(not backup.resolve_alert('a'), 'resolve_alert() says when there was none');

-- permissions
select function_privs_are('backup', 'resolve_alert', array['text']::text[], 'anon', '{}'::text[], 'resolve_alert() is closed to anon');
select function_privs_are('backup', 'resolve_alert', array['text']::text[], 'authenticated', '{}'::text[], 'resolve_alert() is closed to authenticated');

select * from finish();
rollback;
