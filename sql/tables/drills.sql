-- requires: tables/runs.sql
create table backup.drills (
  drill_id         uuid primary key default gen_random_uuid(),
  run_id           text not null references backup.runs on delete cascade,
  trigger          text not null,
  engine           text not null default 'functions',
  target           text not null default 'scratch',
  selection        text not null default 'named',
  state            text not null default 'running',
  scratch_database text,
  manifest_sha256  text,
  verdict          backup.verdict,
  started_at       timestamptz not null default clock_timestamp(),
  finished_at      timestamptz,
  phase_seconds    jsonb not null default '{}',
  rows             bigint,
  raw_bytes        bigint,
  proof            jsonb not null default '{}',
  proof_key        text,
  failure_code     text,
  failure_message  text,
  constraint drills_trigger_known check (trigger in ('schedule', 'http', 'cli', 'sql')),
  constraint drills_engine_known check (engine in ('functions', 'cli')),
  constraint drills_target_known check (target in ('scratch', 'url', 'embedded')),
  constraint drills_selection_known check (selection in ('latest', 'random', 'named')),
  constraint drills_state_known check (state in ('running', 'complete', 'failed')),
  constraint drills_verdict_iff_finished check ((verdict is null) = (finished_at is null)),
  constraint drills_verdict_iff_ended check ((verdict is null) = (state = 'running')),
  constraint drills_failed_iff_reason check ((state = 'failed') = (failure_code is not null and failure_message is not null)),
  constraint drills_failed_without_proof check (state <> 'failed' or verdict = 'failed')
);
create index drills_by_run on backup.drills (run_id);
create index drills_newest on backup.drills (started_at desc);
-- Two restores at once would double the load and the disk space; the index makes the second one impossible.
create unique index drills_one_active on backup.drills ((true)) where state = 'running' and engine = 'functions';
alter table backup.drills enable row level security;
create policy service_role_reads on backup.drills for select to service_role using (true);
grant select on backup.drills to service_role;

comment on table backup.drills is 'Real restores into a scratch database, proven and timed. A restore point is verified once a drill of it passed.';
comment on column backup.drills.engine is 'functions: Edge Functions with budgets, step by step. cli: the holdfast command, recorded when it is over.';
comment on column backup.drills.target is 'scratch: a database of its own on this server. embedded: a throw-away server of the command. url: a database the caller named.';
comment on column backup.drills.selection is 'How the restore point was chosen: latest, random, or named by the caller.';
comment on column backup.drills.state is 'complete: restored and compared, see verdict. failed: it did not come that far, see failure_code.';
comment on column backup.drills.scratch_database is 'Database on this server that the drill restores into; dropped at its end.';
comment on column backup.drills.manifest_sha256 is 'Digest of the manifest that was restored. What was proven is that backup and no other.';
comment on column backup.drills.phase_seconds is 'Seconds of work per phase: {"schema": 1.2, "data": 30.5, …}. finished_at - started_at has the waits in between as well.';
comment on column backup.drills.raw_bytes is 'Bytes of rows that were loaded, before compression.';
comment on column backup.drills.proof is 'Summary of the proof: the verdict of each check. The whole of it is in the bucket, see proof_key.';
comment on column backup.drills.failure_code is 'Code of docs/errors.md or a SQLSTATE.';
