-- Tests sql/tables/policies.sql
begin;
select plan(20);

-- contract
select columns_are('backup', 'policies', array['name', 'provider', 'frequency', 'schedule', 'retention', 'storage_class', 'tier', 'enabled', 'scheduled_since', 'description'], 'policies has its columns');
select col_is_pk('backup', 'policies', array['name'], 'policies has a key');
select isnt(obj_description('backup.policies'::regclass), null, 'policies has a comment');

-- behaviour
select results_eq('select name, provider, frequency, schedule, retention, storage_class, tier::text, enabled from backup.policies order by 1',
  $$ values ('point_in_time', 'supabase', 'continuous', null, interval '7 days', null, null, true), ('primary', 'supabase', 'daily', null, '30 days', null, null, true),
            ('secondary_daily', 'aws_s3', 'daily', '0 1 * * *', '30 days', 'STANDARD', 'daily', false), ('secondary_monthly', 'aws_s3', 'monthly', null, '365 days', 'GLACIER_IR', 'monthly', false),
            ('secondary_weekly', 'aws_s3', 'weekly', '0 1 * * 0', '90 days', 'STANDARD', 'weekly', false), ('storage', 'supabase_storage', 'daily', null, '30 days', null, null, false) $$,
  'policies starts with the strategy, S3 switched off');
select throws_ok($$ update backup.policies set provider = 'tape' $$, '23514', null, 'policies rejects another provider');
select throws_ok($$ update backup.policies set frequency = 'yearly' $$, '23514', null, 'policies rejects another frequency');
select throws_ok($$ update backup.policies set retention = '0' $$, '23514', null, 'policies rejects keeping nothing');
select throws_ok($$ update backup.policies set storage_class = 'TAPE' $$, '23514', null, 'policies rejects another storage class');
select lives_ok($$ update backup.policies set storage_class = c from unnest(array['STANDARD_IA', 'GLACIER', 'DEEP_ARCHIVE', null]) c where provider = 'aws_s3' $$, 'policies accepts the other storage classes');
select throws_ok($$ update backup.policies set storage_class = 'STANDARD' where name = 'primary' $$, '23514', null, 'policies rejects a storage class of backups that are not in S3');
select throws_ok($$ update backup.policies set schedule = '0 25 * * *' where name = 'secondary_daily' $$, '23514', null, 'policies rejects what is no schedule');
select throws_ok($$ update backup.policies set schedule = '0 1 * * *' where name = 'primary' $$, '23514', null, 'policies rejects a schedule for what Supabase makes');
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
