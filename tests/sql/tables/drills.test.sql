-- Tests sql/tables/drills.sql
begin;
select plan(26);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'cli', 'x/');

-- contract
select columns_are('backup', 'drills', array['drill_id', 'run_id', 'trigger', 'engine', 'target', 'selection', 'state', 'scratch_database', 'manifest_sha256', 'verdict', 'started_at', 'finished_at', 'phase_seconds', 'rows', 'raw_bytes', 'proof', 'proof_key', 'failure_code', 'failure_message'], 'drills has its columns');
select col_is_pk('backup', 'drills', array['drill_id'], 'drills has a key');
select isnt(obj_description('backup.drills'::regclass), null, 'drills has a comment');
select is_empty($$ select conname from pg_constraint c where c.conrelid = 'backup.drills'::regclass and c.contype = 'f'
  and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null) $$, 'drills has an index for each foreign key');

-- behaviour
select lives_ok($$ insert into backup.drills (run_id, trigger, engine) select '20260101T000000Z-00000a', unnest(array['schedule', 'http', 'cli', 'sql']), 'cli' $$, 'drills accepts every trigger');
select throws_ok($$ insert into backup.drills (run_id, trigger) values ('20260101T000000Z-00000a', 'mail') $$, '23514', null, 'drills rejects another trigger');
select throws_ok($$ insert into backup.drills (run_id, trigger) values ('20260101T000000Z-00000b', 'cli') $$, '23503', null, 'drills rejects an unknown run');
select lives_ok($$ insert into backup.drills (run_id, trigger) values ('20260101T000000Z-00000a', 'sql') $$, 'drills accepts one by functions');
select throws_ok($$ insert into backup.drills (run_id, trigger) values ('20260101T000000Z-00000a', 'sql') $$, '23505', null, 'drills rejects a second active one by functions');
select throws_ok($$ update backup.drills set engine = 'hand' $$, '23514', null, 'drills rejects an unknown engine');
select throws_ok($$ update backup.drills set target = 'moon' $$, '23514', null, 'drills rejects an unknown target');
select throws_ok($$ update backup.drills set selection = 'oldest' $$, '23514', null, 'drills rejects an unknown selection');
select throws_ok($$ update backup.drills set state = 'complete' $$, '23514', null, 'drills rejects an end without a verdict and its time');
select throws_ok($$ update backup.drills set state = 'failed', verdict = 'failed', finished_at = now() $$, '23514', null, 'drills rejects a failure without a reason');
select throws_ok($$ update backup.drills set state = 'failed', verdict = 'passed', finished_at = now(), failure_code = 'HF501', failure_message = 'x' $$, '23514', null, 'drills rejects a failure that passed');
select throws_ok($$ update backup.drills set verdict = 'passed' $$, '23514', null, 'drills rejects a verdict without an end');
select throws_ok($$ update backup.drills set finished_at = now() $$, '23514', null, 'drills rejects an end without a verdict');
select lives_ok($$ update backup.drills set state = 'complete', verdict = 'failed', finished_at = now() $$, 'drills accepts a verdict with its time');
delete from backup.runs;
select is_empty('select * from backup.drills', 'drills go with their run');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.drills'::regclass), true, 'drills has row level security');
select policies_are('backup', 'drills', array['service_role_reads'], 'drills has one policy');
select policy_roles_are('backup', 'drills', 'service_role_reads', array['service_role'], 'drills shows its rows to service_role');
select policy_cmd_is('backup', 'drills', 'service_role_reads', 'select', 'drills has a policy for reading');
select table_privs_are('backup', 'drills', 'anon', array[]::text[], 'anon may not touch drills');
select table_privs_are('backup', 'drills', 'authenticated', array[]::text[], 'authenticated may not touch drills');
select table_privs_are('backup', 'drills', 'service_role', array['SELECT'], 'service_role may read drills and nothing else');

select * from finish();
rollback;
