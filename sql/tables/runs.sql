-- requires: types/run_state.sql, types/tier.sql
create table backup.runs (
  run_id               text primary key,
  state                backup.run_state not null default 'starting',
  tier                 backup.tier not null,
  trigger              text not null,
  engine               text not null,
  object_prefix        text not null,
  requested_at         timestamptz not null default now(),
  keeper_pid           integer,
  keeper_backend_start timestamptz,
  keeper_claimed_at    timestamptz,
  snapshot_id          text,
  snapshot_at          timestamptz,
  snapshot_lsn         pg_lsn,
  snapshot_xids        text,
  schema_fingerprint   text,
  age_recipients       text[],
  finished_at          timestamptz,
  rows                 bigint,
  raw_bytes            bigint,
  stored_bytes         bigint,
  manifest_key         text,
  manifest_sha256      text,
  archived             boolean not null default false,
  warnings             jsonb not null default '[]',
  failure_code         text,
  failure_message      text,
  failure_detail       text,
  objects_deleted_at   timestamptz,
  constraint runs_id_sorts_by_time check (run_id ~ '^\d{8}T\d{6}Z-[0-9a-f]{6}$'),
  constraint runs_trigger_known check (trigger in ('schedule', 'http', 'cli', 'sql')),
  constraint runs_engine_known check (engine in ('functions', 'cli')),
  constraint runs_complete_iff_manifest check ((state in ('complete', 'expired')) = (manifest_key is not null and manifest_sha256 is not null)),
  constraint runs_failed_iff_reason check ((state = 'failed') = (failure_code is not null and failure_message is not null)),
  constraint runs_deleted_only_when_over check (objects_deleted_at is null or state in ('failed', 'expired')),
  constraint runs_ended_iff_finished check ((state in ('complete', 'failed', 'expired')) = (finished_at is not null))
);
-- Two exports at once would double the load and hold two snapshots; the index makes the second one impossible.
create unique index runs_one_active on backup.runs ((true)) where state in ('starting', 'exporting');
create index runs_newest on backup.runs (requested_at desc, run_id desc);
create index runs_by_state on backup.runs (state, snapshot_at desc);
alter table backup.runs enable row level security;
create policy service_role_reads on backup.runs for select to service_role using (true);
grant select on backup.runs to service_role;

comment on table backup.runs is 'One row per export. A run is a restore point once its state is complete, because its manifest is then in the bucket.';
comment on column backup.runs.run_id is 'Sorts by time: YYYYMMDDThhmmssZ-xxxxxx (UTC).';
comment on column backup.runs.engine is 'functions: Edge Functions with budgets. cli: the holdfast command without budgets.';
comment on column backup.runs.object_prefix is 'Key prefix of every object of this run, ending in a slash.';
comment on column backup.runs.keeper_pid is 'Server process that holds the snapshot. With keeper_backend_start it cannot be mistaken for a later process.';
comment on column backup.runs.snapshot_at is 'The data of the run is as it was at this time.';
comment on column backup.runs.snapshot_lsn is 'Write-ahead log position just before the snapshot was taken.';
comment on column backup.runs.snapshot_xids is 'pg_current_snapshot() of the snapshot: xmin:xmax:in-progress.';
comment on column backup.runs.age_recipients is 'age public keys the objects are encrypted to. Empty: not encrypted. Null: not decided, no worker has begun.';
comment on column backup.runs.raw_bytes is 'Bytes of COPY text before compression.';
comment on column backup.runs.stored_bytes is 'Bytes of all objects in the bucket.';
comment on column backup.runs.archived is 'Its rows were stored in an archive: nothing can restore them before they are thawed. What a lifecycle rule of the bucket moves later, nobody tells the ledger.';
comment on column backup.runs.warnings is 'What the backup does not cover, as an array of {code, subject, message}.';
comment on column backup.runs.objects_deleted_at is 'When retention had deleted the last object of the run. Null: there are objects, or nobody has looked.';
comment on column backup.runs.failure_code is 'Code of docs/errors.md or a SQLSTATE.';
