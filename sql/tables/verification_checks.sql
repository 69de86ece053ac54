-- requires: tables/verifications.sql
create table backup.verification_checks (
  verification_id uuid not null references backup.verifications on delete cascade,
  check_name      text not null,
  state           text not null default 'pending',
  job_name        text,
  started_at      timestamptz,
  finished_at     timestamptz,
  primary key (verification_id, check_name),
  constraint verification_checks_state_known check (state in ('pending', 'running', 'background', 'done'))
);
-- The minute tick looks for those that are not done, among those of years.
create index verification_checks_open on backup.verification_checks (verification_id) where state <> 'done';
alter table backup.verification_checks enable row level security;
create policy service_role_reads on backup.verification_checks for select to service_role using (true);
grant select on backup.verification_checks to service_role;

comment on table backup.verification_checks is 'Which checks a verification still waits for. A check in state background runs as a pg_cron job because it outlives a function.';
