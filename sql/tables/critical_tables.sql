create table backup.critical_tables (
  schema_name      text not null default 'public',
  table_name       text not null,
  min_rows         bigint not null default 1,
  required_columns text[] not null default '{}',
  freshness_column text,
  max_age          interval,
  predicate        text,
  description      text,
  primary key (schema_name, table_name),
  constraint critical_tables_min_rows_not_negative check (min_rows >= 0),
  constraint critical_tables_required_columns_named check (array_position(required_columns, null) is null),
  constraint critical_tables_freshness_is_complete check ((freshness_column is null) = (max_age is null)),
  constraint critical_tables_max_age_positive check (max_age > interval '0'),
  constraint critical_tables_predicate_not_blank check (predicate ~ '\S')
);
alter table backup.critical_tables enable row level security;
create policy service_role_reads on backup.critical_tables for select to service_role using (true);
grant select on backup.critical_tables to service_role;

comment on table backup.critical_tables is
  'Tables the project cannot live without, and what must be true of their rows. Examined by backup.check_critical_data().';
comment on column backup.critical_tables.min_rows is 'Fewest rows the table may have; also a lower limit for check_row_counts. 0: it may be empty.';
comment on column backup.critical_tables.required_columns is 'Columns that must be filled in every row: not null, and not blank where the type is text.';
comment on column backup.critical_tables.freshness_column is 'Date or timestamp column whose greatest value must not be older than max_age.';
comment on column backup.critical_tables.predicate is
  'Boolean SQL expression over the columns of the table that must be true in every row; null counts as untrue. Names of other objects need their schema.';
