-- Tests sql/functions/take_over_bucket.sql
begin;
select plan(14);

-- arrange
delete from backup.alerts; delete from backup.drills; delete from backup.runs;
update backup.settings set project_ref = 'abcdefghijklmnopqrst', bucket_owner = 'abcdefghijklmnopqrst', retention_minimum = 1;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
select id, 'complete', 'daily', 'sql', 'cli', format('holdfast/abcdefghijklmnopqrst/runs/%s/', id), at, at, 'k', 's'
from (values ('20260101T010000Z-aaaaaa', timestamptz '2026-01-01Z'), ('20260102T010000Z-bbbbbb', '2026-01-02Z')) as v(id, at);
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message)
values ('20260103T010000Z-cccccc', 'failed', 'daily', 'sql', 'cli', 'zyxwvutsrqponmlkjihg/runs/20260103T010000Z-cccccc/', '2026-01-03Z', 'HF300', 'm'),
       ('20260104T010000Z-dddddd', 'failed', 'daily', 'sql', 'cli', 'xzyxwvutsrqponmlkjihg/runs/20260104T010000Z-dddddd/', '2026-01-04Z', 'HF300', 'm');
do $$ begin perform backup.mark_expired('2027-03-01Z'), backup.check_bucket_owner('zyxwvutsrqponmlkjihg'); end $$;

-- contract
select function_returns('backup', 'take_over_bucket', array['text'], 'integer', 'take_over_bucket() returns integer');
select isnt(obj_description('backup.take_over_bucket(text)'::regprocedure), null, 'take_over_bucket() has a comment');

-- behaviour
select throws_ok($$ select backup.take_over_bucket('clinic') $$, 'HF100', null, 'take_over_bucket() rejects what is no reference with HF100');
select throws_ok('select backup.take_over_bucket(null)', 'HF100', null, 'take_over_bucket() rejects the folder of a hosted project for a server of one''s own with HF100');
savepoint moved;
select is(backup.take_over_bucket('zyxwvutsrqponmlkjihg'), 2, 'take_over_bucket() gives up what lies outside of the folder');
select results_eq('select run_id, state::text from backup.runs where objects_deleted_at is null order by 1',
  $$ values ('20260101T010000Z-aaaaaa', 'complete'), ('20260102T010000Z-bbbbbb', 'complete') $$, 'take_over_bucket() keeps the runs of a project that has moved');
select is((select bucket_owner from backup.settings), 'zyxwvutsrqponmlkjihg', 'take_over_bucket() makes the project the owner');
select is_empty('select from backup.alerts where resolved_at is null', 'take_over_bucket() resolves the alert');
rollback to moved;
update backup.settings set project_ref = 'zyxwvutsrqponmlkjihg';
select is(backup.take_over_bucket('zyxwvutsrqponmlkjihg'), 3, 'take_over_bucket() gives up the runs of the source of a copy');
select results_eq('select run_id from backup.runs where objects_deleted_at is null', $$ values ('20260103T010000Z-cccccc') $$, 'take_over_bucket() keeps what lies in the own folder, also without a prefix');
select results_eq('select run_id from backup.retention_marks', $$ values ('20260103T010000Z-cccccc') $$, 'take_over_bucket() leaves no mark on what it gave up');

-- permissions
select function_privs_are('backup', 'take_over_bucket', array['text'], 'anon', array[]::text[], 'anon may not execute take_over_bucket()');
select function_privs_are('backup', 'take_over_bucket', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute take_over_bucket()');
select function_privs_are('backup', 'take_over_bucket', array['text'], 'service_role', array[]::text[], 'service_role may not execute take_over_bucket()');

select finish();
rollback;
