-- Tests sql/tables/verification_checks.sql
begin;
select plan(18);

-- arrange
insert into backup.verifications (verification_id, trigger) values ('00000000-0000-0000-0000-00000000000a', 'sql');

-- contract
select columns_are('backup', 'verification_checks', array['verification_id', 'check_name', 'state', 'job_name', 'started_at', 'finished_at'], 'verification_checks has its columns');
select col_is_pk('backup', 'verification_checks', array['verification_id', 'check_name'], 'verification_checks has a key');
select isnt(obj_description('backup.verification_checks'::regclass), null, 'verification_checks has a comment');
select is_empty($$ select conname from pg_constraint c where c.conrelid = 'backup.verification_checks'::regclass and c.contype = 'f'
  and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null) $$, 'verification_checks has an index for each foreign key');

-- behaviour
select lives_ok($$ insert into backup.verification_checks (verification_id, check_name) values ('00000000-0000-0000-0000-00000000000a', 'c') $$, 'verification_checks accepts a check');
select is((select state from backup.verification_checks), 'pending', 'verification_checks takes a check as pending');
select lives_ok($$ update backup.verification_checks set state = s from unnest(array['running', 'background', 'done']) s $$, 'verification_checks accepts every state');
select throws_ok($$ update backup.verification_checks set state = 'lost' $$, '23514', null, 'verification_checks rejects another state');
select throws_ok($$ insert into backup.verification_checks (verification_id, check_name) values ('00000000-0000-0000-0000-00000000000a', 'c') $$, '23505', null, 'verification_checks rejects a check twice');
select throws_ok($$ insert into backup.verification_checks (verification_id, check_name) values (gen_random_uuid(), 'c') $$, '23503', null, 'verification_checks rejects an unknown verification');
delete from backup.verifications;
select is_empty('select * from backup.verification_checks', 'verification_checks go with their verification');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.verification_checks'::regclass), true, 'verification_checks has row level security');
select policies_are('backup', 'verification_checks', array['service_role_reads'], 'verification_checks has one policy');
select policy_roles_are('backup', 'verification_checks', 'service_role_reads', array['service_role'], 'verification_checks shows its rows to service_role');
select policy_cmd_is('backup', 'verification_checks', 'service_role_reads', 'select', 'verification_checks has a policy for reading');
select table_privs_are('backup', 'verification_checks', 'anon', array[]::text[], 'anon may not touch verification_checks');
select table_privs_are('backup', 'verification_checks', 'authenticated', array[]::text[], 'authenticated may not touch verification_checks');
select table_privs_are('backup', 'verification_checks', 'service_role', array['SELECT'], 'service_role may read verification_checks and nothing else');

select * from finish();
rollback;
