create table backup.row_shrink_limits (
  schema_name text not null,
  table_name  text not null,
  threshold   numeric not null,
  reason      text,
  primary key (schema_name, table_name),
  constraint row_shrink_limits_threshold_range check (threshold between 0 and 1)
);
alter table backup.row_shrink_limits enable row level security;
create policy service_role_reads on backup.row_shrink_limits for select to service_role using (true);
grant select on backup.row_shrink_limits to service_role;

comment on table backup.row_shrink_limits is
  'Tables for which check_row_counts allows another loss of rows than backup.settings.row_shrink_threshold.';
comment on column backup.row_shrink_limits.threshold is 'Share of rows the table may lose between two runs: 0 none, 0.5 half, 1 all of them.';

-- Rows of these tables expire by design; without an exception every quiet week would look like a loss.
insert into backup.row_shrink_limits (schema_name, table_name, threshold, reason)
select s.schema_name, s.table_name, 1, 'rows expire by design'
from (values
  ('auth', 'audit_log_entries'), ('auth', 'flow_state'), ('auth', 'mfa_amr_claims'), ('auth', 'mfa_challenges'),
  ('auth', 'one_time_tokens'), ('auth', 'refresh_tokens'), ('auth', 'saml_relay_states'), ('auth', 'sessions'),
  ('auth', 'oauth_authorizations'), ('auth', 'webauthn_challenges'),
  ('storage', 's3_multipart_uploads'), ('storage', 's3_multipart_uploads_parts')) as s (schema_name, table_name);
