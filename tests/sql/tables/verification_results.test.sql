-- Tests sql/tables/verification_results.sql
begin;
select plan(17);

-- arrange
insert into backup.verifications (verification_id, trigger) values ('00000000-0000-0000-0000-00000000000a', 'sql');

-- contract
select columns_are('backup', 'verification_results', array['verification_id', 'result_no', 'check_name', 'subject', 'verdict', 'expected', 'actual', 'evidence', 'duration_ms', 'recorded_at'], 'verification_results has its columns');
select col_is_pk('backup', 'verification_results', array['verification_id', 'result_no'], 'verification_results has a key');
select isnt(obj_description('backup.verification_results'::regclass), null, 'verification_results has a comment');
select is_empty($$ select conname from pg_constraint c where c.conrelid = 'backup.verification_results'::regclass and c.contype = 'f'
  and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null) $$, 'verification_results has an index for each foreign key');

-- behaviour
select lives_ok($$ insert into backup.verification_results (verification_id, check_name, subject, verdict) select '00000000-0000-0000-0000-00000000000a', 'c', 's', v from unnest(enum_range(null::backup.verdict)) v $$, 'verification_results accepts every verdict');
select results_eq('select count(distinct result_no)::integer, bool_and(recorded_at >= now()), bool_and(evidence = ''{}'') from backup.verification_results', 'values (4, true, true)', 'verification_results numbers and dates results');
select throws_ok($$ insert into backup.verification_results (verification_id, check_name, subject) values ('00000000-0000-0000-0000-00000000000a', 'c', 's') $$, '23502', null, 'verification_results rejects an answer without a verdict');
select throws_ok($$ insert into backup.verification_results (verification_id, check_name, subject, verdict) values (gen_random_uuid(), 'c', 's', 'passed') $$, '23503', null, 'verification_results rejects an unknown verification');
select throws_ok($$ insert into backup.verification_results (verification_id, result_no, check_name, subject, verdict) values ('00000000-0000-0000-0000-00000000000a', 1, 'c', 's', 'passed') $$, '428C9', null, 'verification_results lets nobody choose the number');
delete from backup.verifications;
select is_empty('select * from backup.verification_results', 'verification_results go with their verification');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.verification_results'::regclass), true, 'verification_results has row level security');
select policies_are('backup', 'verification_results', array['service_role_reads'], 'verification_results has one policy');
select policy_roles_are('backup', 'verification_results', 'service_role_reads', array['service_role'], 'verification_results shows its rows to service_role');
select policy_cmd_is('backup', 'verification_results', 'service_role_reads', 'select', 'verification_results has a policy for reading');
select table_privs_are('backup', 'verification_results', 'anon', array[]::text[], 'anon may not touch verification_results');
select table_privs_are('backup', 'verification_results', 'authenticated', array[]::text[], 'authenticated may not touch verification_results');
select table_privs_are('backup', 'verification_results', 'service_role', array['SELECT'], 'service_role may read verification_results and nothing else');

select * from finish();
rollback;
