create table backup.sample_queries (
  name           text primary key,
  query          text not null,
  expectation    text not null default 'runs',
  expected_value text,
  max_ms         integer not null default 5000,
  enabled        boolean not null default true,
  description    text,
  constraint sample_queries_query_not_blank check (query ~ '\S'),
  constraint sample_queries_expectation_known
    check (expectation in ('runs', 'non_empty', 'empty', 'rows_min', 'rows_equal', 'scalar_equals')),
  constraint sample_queries_value_fits check (case
    when expectation in ('rows_min', 'rows_equal') then coalesce(expected_value ~ '^\d{1,18}$', false)
    when expectation = 'scalar_equals' then true
    else expected_value is null end),
  constraint sample_queries_max_ms_positive check (max_ms > 0)
);
alter table backup.sample_queries enable row level security;
create policy service_role_reads on backup.sample_queries for select to service_role using (true);
grant select on backup.sample_queries to service_role;

comment on table backup.sample_queries is
  'Queries the application depends on, with what they must return and in what time. Run by backup.run_sample_queries().';
comment on column backup.sample_queries.query is 'One read-only statement. Tables and functions need their schema, because it runs with an empty search_path.';
comment on column backup.sample_queries.expectation is
  'runs: without an error. non_empty, empty: number of rows. rows_min, rows_equal: number of rows against expected_value. scalar_equals: first column of the first row, as text, equals expected_value.';
comment on column backup.sample_queries.expected_value is 'Number for rows_min and rows_equal, text for scalar_equals where null expects NULL.';
comment on column backup.sample_queries.max_ms is 'Time budget in milliseconds, planning included.';
