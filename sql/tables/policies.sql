-- requires: types/tier.sql, functions/cron_problem.sql, functions/_policy_scheduled.sql
create table backup.policies (
  name            text primary key,
  provider        text not null,
  frequency       text not null,
  schedule        text,
  retention       interval not null,
  storage_class   text,
  tier            backup.tier,
  enabled         boolean not null,
  scheduled_since timestamptz,
  description     text not null,
  constraint policies_provider_known check (provider in ('supabase', 'aws_s3', 'supabase_storage')),
  constraint policies_frequency_known check (frequency in ('continuous', 'daily', 'weekly', 'monthly')),
  constraint policies_schedule_valid check (backup.cron_problem(schedule) is null),
  constraint policies_schedule_ours check (schedule is null or provider <> 'supabase'),
  constraint policies_retention_positive check (retention > interval '0'),
  constraint policies_storage_class_known check (storage_class in ('STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE')),
  constraint policies_storage_class_of_s3 check (storage_class is null or provider = 'aws_s3')
);
create trigger scheduled_since before insert or update on backup.policies
  for each row execute function backup._policy_scheduled();
alter table backup.policies enable row level security;
create policy service_role_reads on backup.policies for select to service_role using (true);
grant select on backup.policies to service_role;

comment on table backup.policies is 'The backup strategy: which backups exist, who makes them, how often, and how long they are kept. Change it with backup.set_policy() or holdfast policies set.';
comment on column backup.policies.provider is 'supabase: the platform''s own backups. aws_s3: exports by Holdfast to a bucket. supabase_storage: files in Storage.';
comment on column backup.policies.frequency is 'What is promised: a newest backup older than this, with some grace, is too old.';
comment on column backup.policies.schedule is
  'When Holdfast makes it, as a pg_cron schedule in UTC. Null: Supabase decides, or the backup is the first of its period made by another schedule.';
comment on column backup.policies.tier is 'Tier of the runs this policy covers; null where Holdfast does not make the backup.';
comment on column backup.policies.enabled is 'The S3 policies stay off until backup.enable() is called, so an unconfigured bucket raises no noise.';
comment on column backup.policies.scheduled_since is
  'Since when the policy is enabled with this schedule; null while it is not. Runs that were due before are not missed.';

insert into backup.policies (name, provider, frequency, schedule, retention, storage_class, tier, enabled, description) values
  ('primary',           'supabase',         'daily',      null,        '30 days',  null,         null,      true,  'Daily backups made by the Supabase platform.'),
  ('point_in_time',     'supabase',         'continuous', null,        '7 days',   null,         null,      true,  'Point-in-time recovery by the Supabase platform.'),
  ('secondary_daily',   'aws_s3',           'daily',      '0 1 * * *', '30 days',  'STANDARD',   'daily',   false, 'Daily exports to the S3 bucket, when more than the weekly one is wanted.'),
  ('secondary_weekly',  'aws_s3',           'weekly',     '0 1 * * 0', '90 days',  'STANDARD',   'weekly',  false, 'Weekly full export to the S3 bucket.'),
  ('secondary_monthly', 'aws_s3',           'monthly',    null,        '365 days', 'GLACIER_IR', 'monthly', false, 'The first export of a month, kept for a year.'),
  ('storage',           'supabase_storage', 'daily',      null,        '30 days',  null,         null,      false, 'Files in Supabase Storage.');
