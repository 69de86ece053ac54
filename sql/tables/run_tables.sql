-- requires: tables/runs.sql, types/table_status.sql
create table backup.run_tables (
  run_id                 text not null references backup.runs on delete cascade,
  schema_name            text not null,
  table_name             text not null,
  relid                  oid not null,
  status                 backup.table_status not null default 'pending',
  reason                 text,
  columns                text[] not null,
  fingerprint_expression text,
  filenode               oid,
  pages                  bigint not null default 0,
  total_bytes            bigint not null default 0,
  planned_rows           bigint,
  rows                   bigint,
  fingerprint            text,
  primary key (run_id, schema_name, table_name),
  constraint run_tables_excluded_iff_reason check ((status = 'excluded') = (reason is not null)),
  constraint run_tables_exported_iff_counted check ((status = 'exported') = (rows is not null and fingerprint is not null))
);
create index run_tables_by_table on backup.run_tables (schema_name, table_name, run_id);
alter table backup.run_tables enable row level security;
create policy service_role_reads on backup.run_tables for select to service_role using (true);
grant select on backup.run_tables to service_role;

comment on table backup.run_tables is 'Every table of a run with its row count and fingerprint, or with the reason why its rows are not in the backup.';
comment on column backup.run_tables.relid is 'Object id at the time of the run; informative afterwards.';
comment on column backup.run_tables.columns is 'Columns whose values are in the backup, in order. Generated columns are left out.';
comment on column backup.run_tables.fingerprint_expression is 'Row hash expression over alias t. Anyone can recompute: select count(*), sum(<expression>) from only <table> t.';
comment on column backup.run_tables.filenode is 'Storage file at planning time. While it is unchanged, rows visible to the snapshot have not moved.';
comment on column backup.run_tables.planned_rows is 'Exact rows at planning time, of the tables that were counted: see backup.settings.count_at_plan_bytes.';
comment on column backup.run_tables.fingerprint is 'Order-independent content hash: the sum of 64-bit row hashes modulo 2^64, as 16 hex digits.';
