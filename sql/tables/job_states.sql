-- requires: tables/job_runs.sql
-- One row per job and no more, so that it can be written each minute: a tick that has nothing to do leaves no row in job_runs.
create table backup.job_states (
  job_name        text primary key,
  succeeded       bigint not null default 0,
  failed          bigint not null default 0,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_seconds    double precision not null,
  constraint job_states_counts_not_negative check (succeeded >= 0 and failed >= 0),
  constraint job_states_success_iff_time check ((succeeded > 0) = (last_success_at is not null)),
  constraint job_states_failure_iff_time check ((failed > 0) = (last_failure_at is not null))
) with (fillfactor = 20);
alter table backup.job_states enable row level security;
create policy service_role_reads on backup.job_states for select to service_role using (true);
grant select on backup.job_states to service_role;

comment on table backup.job_states is 'Each scheduled job that has ever run: how often it succeeded and failed, and when last. A job that never ran has no row.';
comment on column backup.job_states.succeeded is 'Times it succeeded, since Holdfast was installed. Only grows.';
comment on column backup.job_states.failed is 'Times it failed. Only grows.';
comment on column backup.job_states.last_success_at is 'When it last succeeded; a later failure leaves it as it is. Null: never.';
comment on column backup.job_states.last_failure_at is 'When it last failed. Null: never.';
comment on column backup.job_states.last_seconds is 'How long the last one took.';
