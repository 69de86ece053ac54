-- Tests sql/tables/retention_marks.sql
begin;
select plan(16);

-- arrange
delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'cli', 'x/');

-- contract
select columns_are('backup', 'retention_marks', array['run_id', 'reasons', 'marked_at', 'delete_after', 'claim_id', 'lease_until', 'not_before', 'locked_until', 'error_code', 'error_message', 'objects_deleted', 'bytes_deleted', 'swept_at'], 'retention_marks has its columns');
select col_is_pk('backup', 'retention_marks', array['run_id'], 'retention_marks has one row for a run');
select isnt(obj_description('backup.retention_marks'::regclass), null, 'retention_marks has a comment');

-- behaviour
select lives_ok($$ insert into backup.retention_marks (run_id, reasons, delete_after) values ('20260101T000000Z-00000a', '{x}', now()) $$, 'retention_marks accepts a mark');
select throws_ok($$ insert into backup.retention_marks (run_id, reasons, delete_after) values ('20260101T000000Z-00000b', '{x}', now()) $$, '23503', null, 'retention_marks rejects a run that is not there');
select throws_ok($$ update backup.retention_marks set claim_id = gen_random_uuid() $$, '23514', null, 'retention_marks rejects a claim without a lease');
select throws_ok($$ update backup.retention_marks set error_code = 'HF202' $$, '23514', null, 'retention_marks rejects an error without a message');
select throws_ok($$ update backup.retention_marks set claim_id = gen_random_uuid(), lease_until = now(), swept_at = now() $$, '23514', null, 'retention_marks rejects a claim on what is gone');
select lives_ok($$ delete from backup.runs $$, 'retention_marks goes with its run');
select is_empty('select from backup.retention_marks', 'retention_marks is empty then');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.retention_marks'::regclass), true, 'retention_marks has row level security');
select policies_are('backup', 'retention_marks', array['service_role_reads'], 'retention_marks has one policy');
select policy_roles_are('backup', 'retention_marks', 'service_role_reads', array['service_role'], 'retention_marks shows its rows to service_role');
select table_privs_are('backup', 'retention_marks', 'anon', array[]::text[], 'anon may not touch retention_marks');
select table_privs_are('backup', 'retention_marks', 'authenticated', array[]::text[], 'authenticated may not touch retention_marks');
select table_privs_are('backup', 'retention_marks', 'service_role', array['SELECT'], 'service_role may read retention_marks and nothing else');

select * from finish();
rollback;
