-- Tests sql/tables/policies.sql
begin;
select plan(17);

-- contract
select columns_are('backup', 'policies', array['name', 'provider', 'frequency', 'retention', 'storage_class', 'tier', 'enabled', 'description'], 'policies has its columns');
select col_is_pk('backup', 'policies', array['name'], 'policies has a key');
select isnt(obj_description('backup.policies'::regclass), null, 'policies has a comment');

-- behaviour
select results_eq('select name, provider, frequency, retention, storage_class, tier::text, enabled from backup.policies order by 1',
  $$ values ('point_in_time', 'supabase', 'continuous', interval '7 days', null, null, true), ('primary', 'supabase', 'daily', '30 days', null, null, true),
            ('secondary_daily', 'aws_s3', 'daily', '30 days', 'STANDARD', 'daily', false), ('secondary_monthly', 'aws_s3', 'monthly', '365 days', 'GLACIER_IR', 'monthly', false),
            ('secondary_weekly', 'aws_s3', 'weekly', '90 days', 'STANDARD', 'weekly', false), ('storage', 'supabase_storage', 'daily', '30 days', null, null, false) $$,
  'policies starts with the strategy, S3 switched off');
select throws_ok($$ update backup.policies set provider = 'tape' $$, '23514', null, 'policies rejects another provider');
select throws_ok($$ update backup.policies set frequency = 'yearly' $$, '23514', null, 'policies rejects another frequency');
select throws_ok($$ update backup.policies set retention = '0' $$, '23514', null, 'policies rejects keeping nothing');
select throws_ok($$ update backup.policies set storage_class = 'TAPE' $$, '23514', null, 'policies rejects another storage class');
select lives_ok($$ update backup.policies set storage_class = c from unnest(array['STANDARD_IA', 'GLACIER', 'DEEP_ARCHIVE', null]) c $$, 'policies accepts the other storage classes');
select throws_ok($$ update backup.policies set enabled = null $$, '23502', null, 'policies is either on or off');

-- permissions
select is((select relrowsecurity from pg_class where oid = 'backup.policies'::regclass), true, 'policies has row level security');
select policies_are('backup', 'policies', array['service_role_reads'], 'policies has one policy');
select policy_roles_are('backup', 'policies', 'service_role_reads', array['service_role'], 'policies shows its rows to service_role');
select policy_cmd_is('backup', 'policies', 'service_role_reads', 'select', 'policies has a policy for reading');
select table_privs_are('backup', 'policies', 'anon', array[]::text[], 'anon may not touch policies');
select table_privs_are('backup', 'policies', 'authenticated', array[]::text[], 'authenticated may not touch policies');
select table_privs_are('backup', 'policies', 'service_role', array['SELECT'], 'service_role may read policies and nothing else');

select * from finish();
rollback;
