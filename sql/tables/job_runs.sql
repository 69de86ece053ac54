create table backup.job_runs (
  job_run_id  bigint generated always as identity primary key,
  job_name    text not null,
  status      text not null default 'running',
  started_at  timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  result      jsonb,
  error_code  text,
  error       text,
  constraint job_runs_status_known check (status in ('running', 'succeeded', 'failed')),
  constraint job_runs_running_iff_open check ((status = 'running') = (finished_at is null))
);
create index job_runs_newest on backup.job_runs (job_name, started_at desc);
alter table backup.job_runs enable row level security;
create policy service_role_reads on backup.job_runs for select to service_role using (true);
grant select on backup.job_runs to service_role;

comment on table backup.job_runs is 'Every scheduled entry that ran: when, how long, with which outcome. Kept for settings.ledger_keep_work; backup.job_states has what lasts.';
