create table backup.alerts (
  alert_id    bigint generated always as identity primary key,
  cause       text not null,
  severity    text not null,
  message     text not null,
  details     jsonb not null default '{}',
  occurrences integer not null default 1,
  raised_at   timestamptz not null default clock_timestamp(),
  last_seen   timestamptz not null default clock_timestamp(),
  resolved_at timestamptz,
  constraint alerts_severity_known check (severity in ('warning', 'critical'))
);
-- One open alert per cause, so that a failure that repeats every minute is one line with a count.
create unique index alerts_one_open_per_cause on backup.alerts (cause) where resolved_at is null;
alter table backup.alerts enable row level security;
create policy service_role_reads on backup.alerts for select to service_role using (true);
grant select on backup.alerts to service_role;

comment on table backup.alerts is 'What needs a person. Open ones have no resolved_at.';
comment on column backup.alerts.cause is 'Stable name of what is wrong, as export_failed; the same cause raises the count of its open alert.';
