-- requires: tables/verifications.sql
create table backup.verification_results (
  verification_id uuid not null references backup.verifications on delete cascade,
  result_no       integer generated always as identity,
  check_name      text not null,
  subject         text not null,
  verdict         backup.verdict not null,
  expected        text,
  actual          text,
  evidence        jsonb not null default '{}',
  duration_ms     double precision,
  recorded_at     timestamptz not null default clock_timestamp(),
  primary key (verification_id, result_no)
);
create index verification_results_by_check on backup.verification_results (check_name, verdict);
alter table backup.verification_results enable row level security;
create policy service_role_reads on backup.verification_results for select to service_role using (true);
grant select on backup.verification_results to service_role;

comment on table backup.verification_results is 'One row per answer of a check. Look for: verdict <> ''passed''.';
comment on column backup.verification_results.evidence is 'What was read to reach the verdict. Never the contents of rows.';
comment on column backup.verification_results.duration_ms is 'Time of the whole check, in milliseconds.';
