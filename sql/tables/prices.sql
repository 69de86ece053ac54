create table backup.prices (
  item                 text primary key,
  usd_per_gb           numeric not null,
  usd_per_gb_retrieved numeric not null default 0,
  minimum_days         integer not null default 0,
  thaw                 interval,
  as_of                date not null,
  description          text not null,
  constraint prices_item_known check (item in ('STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE', 'egress_supabase', 'egress_s3')),
  constraint prices_not_negative check (usd_per_gb >= 0 and usd_per_gb_retrieved >= 0 and minimum_days >= 0)
);
alter table backup.prices enable row level security;
create policy service_role_reads on backup.prices for select to service_role using (true);
grant select on backup.prices to service_role;

comment on table backup.prices is
  'List prices for the cost estimate of backup.strategy_report(), of AWS us-east-1 without discounts or free quotas. They are not looked up: edit them, with as_of, to what you pay. A GB is 1,000,000,000 bytes.';
comment on column backup.prices.item is 'A storage class, per GB and month, or egress, per GB.';
comment on column backup.prices.usd_per_gb_retrieved is 'Of a storage class: reading back, per GB, on top of egress.';
comment on column backup.prices.minimum_days is 'Of a storage class: days that are billed even if an object is deleted earlier.';
comment on column backup.prices.thaw is 'Of a storage class: usual longest time until an object can be read, at the standard speed. Null: at once.';

insert into backup.prices (item, usd_per_gb, usd_per_gb_retrieved, minimum_days, thaw, as_of, description) values
  ('STANDARD',        0.023,   0,    0,   null,       '2026-11-24', 'S3 Standard'),
  ('STANDARD_IA',     0.0125,  0.01, 30,  null,       '2026-11-24', 'S3 Standard-Infrequent Access; objects below 128 KB are billed as 128 KB'),
  ('GLACIER_IR',      0.004,   0.03, 90,  null,       '2026-11-24', 'S3 Glacier Instant Retrieval; objects below 128 KB are billed as 128 KB'),
  ('GLACIER',         0.0036,  0.01, 90,  '5 hours',  '2026-11-24', 'S3 Glacier Flexible Retrieval'),
  ('DEEP_ARCHIVE',    0.00099, 0.02, 180, '12 hours', '2026-11-24', 'S3 Glacier Deep Archive'),
  ('egress_supabase', 0.09,    0,    0,   null,       '2026-11-24', 'Egress of Edge Functions, beyond the quota of the plan'),
  ('egress_s3',       0.09,    0,    0,   null,       '2026-11-24', 'Data read from S3 over the internet');
