-- requires: types/tier.sql
create table backup.policies (
  name            text primary key,
  provider        text not null,
  frequency       text not null,
  retention       interval not null,
  storage_class   text,
  tier            backup.tier,
  enabled         boolean not null,
  description     text not null,
  constraint policies_provider_known check (provider in ('supabase', 'aws_s3', 'supabase_storage')),
  constraint policies_frequency_known check (frequency in ('continuous', 'daily', 'weekly', 'monthly')),
  constraint policies_retention_positive check (retention > interval '0'),
  constraint policies_storage_class_known check (storage_class in ('STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'))
);
alter table backup.policies enable row level security;
create policy service_role_reads on backup.policies for select to service_role using (true);
grant select on backup.policies to service_role;

comment on table backup.policies is 'The backup strategy: which backups exist, who makes them, how often, and how long they are kept.';
comment on column backup.policies.provider is 'supabase: the platform''s own backups. aws_s3: exports by Holdfast to a bucket. supabase_storage: files in Storage.';
comment on column backup.policies.tier is 'Tier of the runs this policy covers; null where Holdfast does not make the backup.';
comment on column backup.policies.enabled is 'The S3 policies stay off until backup.enable() is called, so an unconfigured bucket raises no noise.';

insert into backup.policies (name, provider, frequency, retention, storage_class, tier, enabled, description) values
  ('primary',           'supabase',         'daily',      '30 days',  null,         null,      true,  'Daily backups made by the Supabase platform.'),
  ('point_in_time',     'supabase',         'continuous', '7 days',   null,         null,      true,  'Point-in-time recovery by the Supabase platform.'),
  ('secondary_daily',   'aws_s3',           'daily',      '30 days',  'STANDARD',   'daily',   false, 'Daily exports to the S3 bucket, when more than the weekly one is wanted.'),
  ('secondary_weekly',  'aws_s3',           'weekly',     '90 days',  'STANDARD',   'weekly',  false, 'Weekly full export to the S3 bucket.'),
  ('secondary_monthly', 'aws_s3',           'monthly',    '365 days', 'GLACIER_IR', 'monthly', false, 'The first export of a month, kept for a year.'),
  ('storage',           'supabase_storage', 'daily',      '30 days',  null,         null,      false, 'Files in Supabase Storage.');
