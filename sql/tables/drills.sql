-- requires: tables/runs.sql
create table backup.drills (
  drill_id       uuid primary key default gen_random_uuid(),
  run_id         text not null references backup.runs on delete cascade,
  trigger        text not null,
  verdict        backup.verdict,
  started_at     timestamptz not null default clock_timestamp(),
  finished_at    timestamptz,
  phase_seconds  jsonb not null default '{}',
  evidence       jsonb not null default '{}',
  constraint drills_trigger_known check (trigger in ('schedule', 'http', 'cli', 'sql')),
  constraint drills_verdict_iff_finished check ((verdict is null) = (finished_at is null))
);
create index drills_by_run on backup.drills (run_id);
create index drills_newest on backup.drills (started_at desc);
alter table backup.drills enable row level security;
create policy service_role_reads on backup.drills for select to service_role using (true);
grant select on backup.drills to service_role;

comment on table backup.drills is 'Real restores into a scratch database, proven and timed. A restore point is verified once a drill of it passed.';
comment on column backup.drills.phase_seconds is 'Seconds per phase of the restore: {"schema": 1.2, "data": 30.5, …}.';
