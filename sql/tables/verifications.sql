-- requires: tables/runs.sql
create table backup.verifications (
  verification_id uuid primary key default gen_random_uuid(),
  run_id          text references backup.runs on delete set null,
  trigger         text not null,
  verdict         backup.verdict,
  started_at      timestamptz not null default clock_timestamp(),
  finished_at     timestamptz,
  report          text,
  page_key        text,
  constraint verifications_trigger_known check (trigger in ('schedule', 'http', 'cli', 'sql')),
  constraint verifications_verdict_iff_finished check ((verdict is null) = (finished_at is null))
);
create index verifications_by_run on backup.verifications (run_id);
create index verifications_newest on backup.verifications (started_at desc);
alter table backup.verifications enable row level security;
create policy service_role_reads on backup.verifications for select to service_role using (true);
grant select on backup.verifications to service_role;

comment on table backup.verifications is 'Checks of the live database and of the newest backup. One row per verification; the answers are in backup.verification_results.';
comment on column backup.verifications.run_id is 'The restore point whose objects were checked; null when there was none.';
comment on column backup.verifications.verdict is 'failed if any result failed, else inconclusive if any was inconclusive, else passed.';
comment on column backup.verifications.page_key is 'Object key of the report as an HTML page; null when there is none in the bucket.';
comment on column backup.verifications.report is 'The report as Markdown, stored when the last result arrived.';
