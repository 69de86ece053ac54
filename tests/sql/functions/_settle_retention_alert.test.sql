-- Tests sql/functions/_settle_retention_alert.sql
begin;
select plan(13);

-- arrange
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
update backup.settings set retention_minimum = 1, retention_grace = '2 days';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T010000Z-aaaaaa', 'complete', 'daily', 'sql', 'cli', 'p/a/', '2026-01-01 01:00Z', '2026-01-01 01:00Z', 'p/a/manifest.json', 's'),
       ('20260102T010000Z-bbbbbb', 'complete', 'daily', 'sql', 'cli', 'p/b/', '2026-01-02 01:00Z', '2026-01-02 01:00Z', 'p/b/manifest.json', 's'),
       ('20260103T010000Z-cccccc', 'complete', 'daily', 'sql', 'cli', 'p/c/', '2026-01-03 01:00Z', '2026-01-03 01:00Z', 'p/c/manifest.json', 's');
do $$ begin perform backup.mark_expired('2026-03-01Z'); end $$;

-- contract
select function_returns('backup', '_settle_retention_alert', array[]::text[], 'void', '_settle_retention_alert() returns nothing');
select isnt(obj_description('backup._settle_retention_alert()'::regprocedure), null, '_settle_retention_alert() has a comment');

-- behaviour
select lives_ok('select backup._settle_retention_alert()', '_settle_retention_alert() has nothing to do without a blocked run');
select is_empty('select from backup.alerts', '_settle_retention_alert() then raises nothing');
update backup.retention_marks set locked_until = '2027-01-01Z';
insert into backup.retention_marks (run_id, reasons, delete_after, error_code, error_message) values ('20260101T010000Z-aaaaaa', '{x}', now(), 'HF202', 'secret/key/of/object');
select lives_ok('select backup._settle_retention_alert()', '_settle_retention_alert() raises an alert');
select results_eq('select message, details from backup.alerts', $$ values ('retention cannot delete: 1 locked, at the longest until 2027-01-01 00:00 UTC, 1 refused by the storage',
  '{"runs": [{"run_id": "20260101T010000Z-aaaaaa", "code": "HF202"}, {"run_id": "20260102T010000Z-bbbbbb", "locked_until": "2027-01-01T00:00:00+00:00"}]}'::jsonb) $$, '_settle_retention_alert() names runs, dates and codes and no object');
select lives_ok('select backup._settle_retention_alert()', '_settle_retention_alert() may be called again');
select is((select occurrences from backup.alerts), 2, '_settle_retention_alert() counts the same cause');
update backup.retention_marks set swept_at = now();
select lives_ok('select backup._settle_retention_alert()', '_settle_retention_alert() looks again');
select isnt((select resolved_at from backup.alerts), null, '_settle_retention_alert() resolves the alert when all are gone');

-- permissions
select function_privs_are('backup', '_settle_retention_alert', array[]::text[], 'anon', array[]::text[], 'anon may not execute _settle_retention_alert()');
select function_privs_are('backup', '_settle_retention_alert', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute _settle_retention_alert()');
select function_privs_are('backup', '_settle_retention_alert', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute _settle_retention_alert()');

select * from finish();
rollback;
