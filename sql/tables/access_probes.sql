create table backup.access_probes (
  name        text primary key,
  role_name   text not null,
  claims      jsonb not null default '{}',
  schema_name text not null default 'public',
  table_name  text not null,
  enabled     boolean not null default true,
  description text,
  constraint access_probes_role_is_a_role check (role_name <> '' and role_name <> 'none'),
  constraint access_probes_claims_is_an_object check (jsonb_typeof(claims) = 'object')
);
alter table backup.access_probes enable row level security;
create policy service_role_reads on backup.access_probes for select to service_role using (true);
grant select on backup.access_probes to service_role;

comment on table backup.access_probes is
  'Who must see how many rows: role, JWT claims and table. backup.run_access_probes() counts inside each export, and the proof of a restore counts again.';
comment on column backup.access_probes.role_name is 'Role the rows are counted as, for example anon or authenticated. The role that makes backups has to be a member of it.';
comment on column backup.access_probes.claims is
  'JWT claims as policies read them, for example {"sub": "<user id>"}; the role is added. Claims are stored in the backup: no tokens, no secrets.';
