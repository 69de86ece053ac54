-- Tests sql/tables/verifications.sql
begin;
select plan(19);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'cli', 'x/');
delete from backup.verifications;

-- contract
select columns_are('backup', 'verifications', array['verification_id', 'run_id', 'trigger', 'verdict', 'started_at', 'finished_at', 'report', 'page_key'], 'verifications has its columns');
select col_is_pk('backup', 'verifications', array['verification_id'], 'verifications has a key');
select isnt(obj_description('backup.verifications'::regclass), null, 'verifications has a comment');
select is_empty($$ select conname from pg_constraint c where c.conrelid = 'backup.verifications'::regclass and c.contype = 'f'
  and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null) $$, 'verifications has an index for each foreign key');

-- behaviour
select lives_ok($$ insert into backup.verifications (run_id, trigger) select '20260101T000000Z-00000a', unnest(array['schedule', 'http', 'cli', 'sql']) $$, 'verifications accepts every trigger');
select throws_ok($$ insert into backup.verifications (trigger) values ('mail') $$, '23514', null, 'verifications rejects another trigger');
select throws_ok($$ insert into backup.verifications (run_id, trigger) values ('20260101T000000Z-00000b', 'sql') $$, '23503', null, 'verifications rejects an unknown run');
select lives_ok($$ insert into backup.verifications (trigger) values ('sql') $$, 'verifications accepts one without a restore point');
select throws_ok($$ update backup.verifications set verdict = 'passed' $$, '23514', null, 'verifications rejects a verdict without an end');
select throws_ok($$ update backup.verifications set finished_at = now() $$, '23514', null, 'verifications rejects an end without a verdict');
select lives_ok($$ update backup.verifications set verdict = 'inconclusive', finished_at = now() $$, 'verifications accepts a verdict with its time');
delete from backup.runs;
select results_eq('select count(*)::integer, count(run_id)::integer from backup.verifications', 'values (5, 0)', 'verifications outlive their run');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.verifications'::regclass), true, 'verifications has row level security');
select policies_are('backup', 'verifications', array['service_role_reads'], 'verifications has one policy');
select policy_roles_are('backup', 'verifications', 'service_role_reads', array['service_role'], 'verifications shows its rows to service_role');
select policy_cmd_is('backup', 'verifications', 'service_role_reads', 'select', 'verifications has a policy for reading');
select table_privs_are('backup', 'verifications', 'anon', array[]::text[], 'anon may not touch verifications');
select table_privs_are('backup', 'verifications', 'authenticated', array[]::text[], 'authenticated may not touch verifications');
select table_privs_are('backup', 'verifications', 'service_role', array['SELECT'], 'service_role may read verifications and nothing else');

select * from finish();
rollback;
