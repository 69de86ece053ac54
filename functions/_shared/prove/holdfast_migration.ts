// Built from sql/ by scripts/build_migrations.ts. Do not edit: change sql/ and build again.
/* A module and not a file, since a deployed function has no files beside its code. */

/** The migration that installs Holdfast, word for word. */
export const HOLDFAST_MIGRATION = `-- Built from sql/ by scripts/build_migrations.ts. Do not edit: change the file named above a statement and build again.

-- Functions may name objects that come later in this file.
set check_function_bodies = off;

-- sql/schema.sql
-- Everything Holdfast keeps in the database lives in one schema that the Data API does not expose.
create schema if not exists backup;
comment on schema backup is
  'Holdfast: verified off-site backups. Start with: select * from backup.status; select * from backup.restore_points;';
revoke all on schema backup from public;
grant usage on schema backup to service_role;
alter default privileges in schema backup revoke execute on functions from public;

-- sql/types/chunk_kind.sql
create type backup.chunk_kind as enum ('plan', 'schema', 'schema_sql', 'globals', 'data', 'sequences', 'manifest');
comment on type backup.chunk_kind is
  'What a chunk does: plan the tables, capture the schema, render it as SQL, capture roles, extensions and scheduled jobs, copy a ctid range, read the sequences, write the manifest.';

-- sql/types/chunk_state.sql
create type backup.chunk_state as enum ('pending', 'claimed', 'done', 'replaced');
comment on type backup.chunk_state is
  'pending: may be claimed from not_before on. claimed: a worker holds it until lease_until. done: its object is stored. replaced: split or planned again; other chunks cover its rows.';

-- sql/types/verdict.sql
-- The four answers of a check, a verification or a drill. Three of them are not "passed".
create type backup.verdict as enum ('passed', 'failed', 'inconclusive', 'skipped');
comment on type backup.verdict is
  'Answer of a check. "inconclusive" means it could not look and never counts as passed; "skipped" means it does not apply here.';

-- sql/types/finding.sql
-- requires: types/verdict.sql
-- The one row type every check returns, so that results of any check can be stored, compared and reported alike.
create type backup.finding as (
  check_name text,
  subject    text,
  verdict    backup.verdict,
  expected   text,
  actual     text,
  evidence   jsonb
);
comment on type backup.finding is
  'One answer of one check about one subject. Evidence says what was read; it never holds the contents of rows.';

-- sql/types/run_state.sql
create type backup.run_state as enum ('starting', 'exporting', 'complete', 'failed', 'expired');
comment on type backup.run_state is
  'starting: waiting for the keeper''s snapshot. exporting: chunks are being worked on. complete: the manifest is in the bucket. failed: see failure_code. expired: was complete; retention deletes or has deleted its objects.';

-- sql/types/table_status.sql
create type backup.table_status as enum ('pending', 'exported', 'excluded');
comment on type backup.table_status is 'Every table of a run ends as exported or as excluded with a reason; nothing is left out in silence.';

-- sql/types/tier.sql
create type backup.tier as enum ('daily', 'weekly', 'monthly');
comment on type backup.tier is 'Decides how long a run is kept and in which storage class.';

-- sql/tables/access_probes.sql
create table backup.access_probes (
  name        text primary key,
  role_name   text not null,
  claims      jsonb not null default '{}',
  schema_name text not null default 'public',
  table_name  text not null,
  enabled     boolean not null default true,
  description text,
  constraint access_probes_role_is_a_role check (role_name <> '' and role_name <> 'none'),
  constraint access_probes_claims_is_an_object check (jsonb_typeof(claims) = 'object')
);
alter table backup.access_probes enable row level security;
create policy service_role_reads on backup.access_probes for select to service_role using (true);
grant select on backup.access_probes to service_role;

comment on table backup.access_probes is
  'Who must see how many rows: role, JWT claims and table. backup.run_access_probes() counts inside each export, and the proof of a restore counts again.';
comment on column backup.access_probes.role_name is 'Role the rows are counted as, for example anon or authenticated. The role that makes backups has to be a member of it.';
comment on column backup.access_probes.claims is
  'JWT claims as policies read them, for example {"sub": "<user id>"}; the role is added. Claims are stored in the backup: no tokens, no secrets.';

-- sql/tables/alerts.sql
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

-- sql/tables/alert_deliveries.sql
-- requires: tables/alerts.sql
create table backup.alert_deliveries (
  delivery_id bigint generated always as identity primary key,
  event_id    uuid not null default gen_random_uuid(),
  alert_id    bigint references backup.alerts on delete cascade,
  event       text not null,
  cause       text not null,
  channel     text,
  state       text not null default 'pending',
  content     jsonb not null,
  attempts    integer not null default 0,
  calls       integer not null default 0,
  not_before  timestamptz not null default clock_timestamp(),
  claim_id    uuid,
  lease_until timestamptz,
  status_code integer,
  error       text,
  queued_at   timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  constraint alert_deliveries_event_known check (event in ('raised', 'escalated', 'reminder', 'resolved', 'heartbeat', 'test')),
  constraint alert_deliveries_channel_known check (channel in ('webhook', 'slack', 'discord', 'email', 'heartbeat_export', 'heartbeat_verify')),
  constraint alert_deliveries_state_known check (state in ('pending', 'sent', 'failed', 'skipped')),
  constraint alert_deliveries_alert_iff_about_one check ((alert_id is not null) = (event in ('raised', 'escalated', 'reminder', 'resolved'))),
  constraint alert_deliveries_pending_iff_open check ((state = 'pending') = (finished_at is null)),
  constraint alert_deliveries_claimed_iff_lease check ((claim_id is null) = (lease_until is null)),
  constraint alert_deliveries_ended_are_free check (state = 'pending' or claim_id is null),
  constraint alert_deliveries_sent_by_channel check (state <> 'sent' or channel is not null),
  constraint alert_deliveries_failed_says_why check (state in ('pending', 'sent') or error is not null)
);
create unique index alert_deliveries_once_per_channel on backup.alert_deliveries (event_id, channel);
create index alert_deliveries_open on backup.alert_deliveries (not_before) where state = 'pending';
create index alert_deliveries_by_cause on backup.alert_deliveries (cause, queued_at desc);
create index alert_deliveries_by_alert on backup.alert_deliveries (alert_id);
alter table backup.alert_deliveries enable row level security;
create policy service_role_reads on backup.alert_deliveries for select to service_role using (true);
grant select on backup.alert_deliveries to service_role;

comment on table backup.alert_deliveries is
  'What was told about alerts, where, and whether it arrived: one row per event and channel. Also heartbeats and tests. Newest first: select * from backup.alert_deliveries order by delivery_id desc;';
comment on column backup.alert_deliveries.event_id is 'The same for every channel and attempt; receivers know a repetition by it.';
comment on column backup.alert_deliveries.event is 'raised, escalated (a warning became critical), reminder, resolved; heartbeat: an export or verification succeeded; test.';
comment on column backup.alert_deliveries.cause is 'Cause of the alert; of a heartbeat what it is about. A newer event of a cause replaces an older one that has not arrived.';
comment on column backup.alert_deliveries.channel is 'Where to. Null until a function has said which channels are configured, as only functions know.';
comment on column backup.alert_deliveries.state is 'pending, sent (the receiver answered 2xx), failed (given up), skipped (no such channel, or replaced by a newer event).';
comment on column backup.alert_deliveries.content is 'What is told, as it was when the event was queued, so that every attempt says the same.';
comment on column backup.alert_deliveries.calls is 'How often function deliver-alerts was called while it was due. After a day and 100 of them without an answer it is given up.';
comment on column backup.alert_deliveries.not_before is 'Next attempt.';
comment on column backup.alert_deliveries.claim_id is 'Fencing token of the function that sends it; the lease frees it when that function died.';
comment on column backup.alert_deliveries.status_code is 'HTTP status of the last answer; null when there was none.';
comment on column backup.alert_deliveries.error is 'Why it has not arrived. Never a URL, a secret or the text of an answer.';

-- sql/tables/runs.sql
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
  constraint runs_id_sorts_by_time check (run_id ~ '^\\d{8}T\\d{6}Z-[0-9a-f]{6}$'),
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

-- sql/tables/run_tables.sql
-- requires: tables/runs.sql, types/table_status.sql
create table backup.run_tables (
  run_id                 text not null references backup.runs on delete cascade,
  schema_name            text not null,
  table_name             text not null,
  relid                  oid not null,
  status                 backup.table_status not null default 'pending',
  reason                 text,
  columns                text[] not null,
  fingerprint_expression text,
  filenode               oid,
  pages                  bigint not null default 0,
  total_bytes            bigint not null default 0,
  planned_rows           bigint,
  rows                   bigint,
  fingerprint            text,
  primary key (run_id, schema_name, table_name),
  constraint run_tables_excluded_iff_reason check ((status = 'excluded') = (reason is not null)),
  constraint run_tables_exported_iff_counted check ((status = 'exported') = (rows is not null and fingerprint is not null))
);
create index run_tables_by_table on backup.run_tables (schema_name, table_name, run_id);
alter table backup.run_tables enable row level security;
create policy service_role_reads on backup.run_tables for select to service_role using (true);
grant select on backup.run_tables to service_role;

comment on table backup.run_tables is 'Every table of a run with its row count and fingerprint, or with the reason why its rows are not in the backup.';
comment on column backup.run_tables.relid is 'Object id at the time of the run; informative afterwards.';
comment on column backup.run_tables.columns is 'Columns whose values are in the backup, in order. Generated columns are left out.';
comment on column backup.run_tables.fingerprint_expression is 'Row hash expression over alias t. Anyone can recompute: select count(*), sum(<expression>) from only <table> t.';
comment on column backup.run_tables.filenode is 'Storage file at planning time. While it is unchanged, rows visible to the snapshot have not moved.';
comment on column backup.run_tables.planned_rows is 'Exact rows at planning time, of the tables that were counted: see backup.settings.count_at_plan_bytes.';
comment on column backup.run_tables.fingerprint is 'Order-independent content hash: the sum of 64-bit row hashes modulo 2^64, as 16 hex digits.';

-- sql/tables/chunks.sql
-- requires: tables/run_tables.sql, types/chunk_kind.sql, types/chunk_state.sql
create table backup.chunks (
  run_id          text not null references backup.runs on delete cascade,
  chunk_no        integer not null,
  kind            backup.chunk_kind not null,
  phase           smallint not null generated always as (
                    case kind when 'plan'::backup.chunk_kind then 0
                              when 'schema_sql'::backup.chunk_kind then 2
                              when 'sequences'::backup.chunk_kind then 2
                              when 'manifest'::backup.chunk_kind then 3
                              else 1 end) stored,
  schema_name     text,
  table_name      text,
  first_tid       tid,
  end_tid         tid,
  estimated_bytes bigint not null default 0,
  state           backup.chunk_state not null default 'pending',
  attempts        integer not null default 0,
  not_before      timestamptz not null default '-infinity',
  claim_id        uuid,
  claimed_by      text,
  claimed_at      timestamptz,
  lease_until     timestamptz,
  object_key      text,
  sha256          text,
  raw_bytes       bigint,
  stored_bytes    bigint,
  rows            bigint,
  row_hash_sum    numeric,
  objects         jsonb,
  positions       jsonb,
  error_code      text,
  error_message   text,
  done_at         timestamptz,
  primary key (run_id, chunk_no),
  foreign key (run_id, schema_name, table_name) references backup.run_tables on delete cascade,
  constraint chunks_data_iff_table check ((kind = 'data') = (table_name is not null and first_tid is not null)),
  constraint chunks_claimed_iff_lease check ((state = 'claimed') = (claim_id is not null and lease_until is not null)),
  constraint chunks_done_iff_time check ((state = 'done') = (done_at is not null)),
  constraint chunks_done_data_is_stored check (state <> 'done' or kind <> 'data'
    or (object_key is not null and sha256 is not null and rows is not null and row_hash_sum is not null))
);
create index chunks_open on backup.chunks (run_id, phase, chunk_no) where state in ('pending', 'claimed');
create index chunks_by_table on backup.chunks (run_id, schema_name, table_name);
create index chunks_by_claim on backup.chunks (claim_id) where claim_id is not null;
alter table backup.chunks enable row level security;
create policy service_role_reads on backup.chunks for select to service_role using (true);
grant select on backup.chunks to service_role;

comment on table backup.chunks is 'Units of work of a run. A data chunk is a ctid range of one table and becomes one object in the bucket.';
comment on column backup.chunks.phase is 'A phase starts when every chunk of the phase before is done. Sequences come after the data, the manifest last.';
comment on column backup.chunks.first_tid is 'First row address of the range.';
comment on column backup.chunks.end_tid is 'End of the range, exclusive. Null: to the end of the table, also when it grew.';
comment on column backup.chunks.claim_id is 'Fencing token: only the worker that holds the newest claim may report a result.';
comment on column backup.chunks.row_hash_sum is 'Sum of the row hashes of the range; the sums of all chunks of a table give its fingerprint.';
comment on column backup.chunks.positions is 'Of the chunk of the sequences: where each was when the run was planned, as backup.sequence_values() returns it.';
comment on column backup.chunks.objects is 'Objects written by a chunk that is not data: array of {key, sha256, bytes, content}.';

-- sql/tables/critical_tables.sql
create table backup.critical_tables (
  schema_name      text not null default 'public',
  table_name       text not null,
  min_rows         bigint not null default 1,
  required_columns text[] not null default '{}',
  freshness_column text,
  max_age          interval,
  predicate        text,
  description      text,
  primary key (schema_name, table_name),
  constraint critical_tables_min_rows_not_negative check (min_rows >= 0),
  constraint critical_tables_required_columns_named check (array_position(required_columns, null) is null),
  constraint critical_tables_freshness_is_complete check ((freshness_column is null) = (max_age is null)),
  constraint critical_tables_max_age_positive check (max_age > interval '0'),
  constraint critical_tables_predicate_not_blank check (predicate ~ '\\S')
);
alter table backup.critical_tables enable row level security;
create policy service_role_reads on backup.critical_tables for select to service_role using (true);
grant select on backup.critical_tables to service_role;

comment on table backup.critical_tables is
  'Tables the project cannot live without, and what must be true of their rows. Examined by backup.check_critical_data().';
comment on column backup.critical_tables.min_rows is 'Fewest rows the table may have; also a lower limit for check_row_counts. 0: it may be empty.';
comment on column backup.critical_tables.required_columns is 'Columns that must be filled in every row: not null, and not blank where the type is text.';
comment on column backup.critical_tables.freshness_column is 'Date or timestamp column whose greatest value must not be older than max_age.';
comment on column backup.critical_tables.predicate is
  'Boolean SQL expression over the columns of the table that must be true in every row; null counts as untrue. Names of other objects need their schema.';

-- sql/tables/drills.sql
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

-- sql/tables/drill_steps.sql
-- requires: tables/drills.sql
create table backup.drill_steps (
  drill_id      uuid not null references backup.drills on delete cascade,
  step_no       integer not null,
  kind          text not null,
  phase         text not null,
  alone         boolean not null default false,
  payload       jsonb not null default '{}',
  state         text not null default 'pending',
  attempts      integer not null default 0,
  claim_id      uuid,
  invocation    text,
  lease_until   timestamptz,
  not_before    timestamptz not null default '-infinity',
  seconds       numeric,
  result        jsonb,
  error_code    text,
  error_message text,
  primary key (drill_id, step_no),
  constraint drill_steps_numbered_from_one check (step_no > 0),
  constraint drill_steps_kind_named check (kind <> '' and phase <> ''),
  constraint drill_steps_state_known check (state in ('pending', 'claimed', 'done')),
  constraint drill_steps_claimed_iff_lease check ((state = 'claimed') = (claim_id is not null and lease_until is not null)),
  constraint drill_steps_done_iff_timed check ((state = 'done') = (seconds is not null))
);
alter table backup.drill_steps enable row level security;
create policy service_role_reads on backup.drill_steps for select to service_role using (true);
grant select on backup.drill_steps to service_role;

comment on table backup.drill_steps is 'Units of work of a drill by Edge Functions, worked on strictly in order by one worker at a time.';
comment on column backup.drill_steps.phase is 'What its seconds count as, in backup.drills.phase_seconds.';
comment on column backup.drill_steps.alone is 'Takes so much CPU time or memory that only an invocation that has done nothing yet may claim it.';
comment on column backup.drill_steps.payload is 'What is to be done, as the step that planned it wrote it down. Never holds row values.';
comment on column backup.drill_steps.claim_id is 'Fencing token: what a worker reports counts only while this is still its own.';
comment on column backup.drill_steps.invocation is 'Invocation of the function that claimed it last.';
comment on column backup.drill_steps.seconds is 'Time of the attempt that succeeded.';
comment on column backup.drill_steps.result is 'What later steps and the proof need to know of it.';

-- sql/tables/job_runs.sql
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

-- sql/tables/job_states.sql
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

-- sql/tables/key_proofs.sql
-- requires: tables/runs.sql
create table backup.key_proofs (
  key_proof_id    uuid primary key default gen_random_uuid(),
  recipient       text not null,
  run_id          text not null references backup.runs on delete cascade,
  manifest_sha256 text not null,
  objects         integer not null,
  bytes           bigint not null,
  proven_at       timestamptz not null default clock_timestamp(),
  constraint key_proofs_recipient_is_public check (recipient ~ '^age1[02-9ac-hj-np-z]{58}$'),
  constraint key_proofs_something_was_opened check (objects > 0)
);
create index key_proofs_newest on backup.key_proofs (recipient, proven_at desc);
create index key_proofs_by_run on backup.key_proofs (run_id);
alter table backup.key_proofs enable row level security;
create policy service_role_reads on backup.key_proofs for select to service_role using (true);
grant select on backup.key_proofs to service_role;

comment on table backup.key_proofs is 'When the private key of a recipient was last shown to open a backup. The key itself is never here.';
comment on column backup.key_proofs.recipient is 'age public key.';
comment on column backup.key_proofs.objects is 'Objects that were decrypted and compared with the manifest.';
comment on column backup.key_proofs.bytes is 'Bytes of those objects as stored.';

-- sql/tables/objectives.sql
create table backup.objectives (
  name        text primary key,
  target      interval not null,
  description text not null,
  constraint objectives_name_known check (name in ('rto', 'rpo')),
  constraint objectives_target_positive check (target > interval '0')
);
alter table backup.objectives enable row level security;
create policy service_role_reads on backup.objectives for select to service_role using (true);
grant select on backup.objectives to service_role;

comment on table backup.objectives is 'Recovery objectives. backup.recovery_objectives shows what was measured beside them.';
comment on column backup.objectives.name is 'rto: recovery time objective. rpo: recovery point objective.';

insert into backup.objectives (name, target, description) values
  ('rto', '4 hours', 'Longest acceptable time from the decision to restore to a proven, working database.'),
  ('rpo', '1 hour',  'Greatest acceptable age of the newest verified restore point.');

-- sql/functions/_cron_field.sql
-- backup._cron_field(p_field, p_low, p_high, p_names)
--
-- Why: one field of a cron expression means the same to the validation and to the next run. pg_cron takes some spellings
-- silently for something else (5/10 for 5, 5-2 for never); those are no values here.
create or replace function backup._cron_field(p_field text, p_low integer, p_high integer, p_names text[] default null)
returns integer[]
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_part   text;
  v_match  text[];
  v_low    integer;
  v_high   integer;
  v_values integer[] := '{}';
begin
  foreach v_part in array string_to_array(lower(p_field), ',') loop
    v_match := regexp_match(v_part, '^(?:(\\*)|([0-9]{1,3}|[a-z]{3})(?:-([0-9]{1,3}|[a-z]{3}))?)(?:/([0-9]{1,3}))?$');
    if v_match is null or (v_match[4] is not null and v_match[1] is null and v_match[3] is null) then
      return null;
    end if;
    v_low := case when v_match[1] is not null then p_low
                  when v_match[2] ~ '^[0-9]' then v_match[2]::integer
                  else p_low - 1 + array_position(p_names, v_match[2]) end;
    v_high := case when v_match[1] is not null then p_high
                   when v_match[3] is null then v_low
                   when v_match[3] ~ '^[0-9]' then v_match[3]::integer
                   else p_low - 1 + array_position(p_names, v_match[3]) end;
    if not coalesce(v_low >= p_low and v_high <= p_high and v_low <= v_high and coalesce(v_match[4]::integer, 1) > 0, false) then
      return null;
    end if;
    v_values := v_values || array(select generate_series(v_low, v_high, coalesce(v_match[4]::integer, 1)));
  end loop;
  return nullif(v_values, '{}');
end
$$;

comment on function backup._cron_field(text, integer, integer, text[]) is
  'Values that one field of a cron expression allows: lists, ranges, steps, and names where they are given; null when it is none.';
revoke all on function backup._cron_field(text, integer, integer, text[]) from public;

-- sql/functions/next_run.sql
-- requires: functions/_cron_field.sql
-- backup.next_run(p_schedule, p_after)
--
-- Why: pg_cron does not tell when a job is due next. Reads a schedule as pg_cron does, in UTC: when day of month and day of
-- week are both restricted either is enough, and a field that begins with * counts as unrestricted, also as */2.
-- 41 years of days contain every combination of 29 February and a day of the week, across a century without a leap day too.
create or replace function backup.next_run(p_schedule text, p_after timestamptz default now())
returns timestamptz
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_fields  text[] := regexp_split_to_array(lower(btrim(p_schedule)), '\\s+');
  v_minutes integer[];
  v_hours   integer[];
  v_days    integer[];
  v_months  integer[];
  v_weekdays integer[];
  v_either  boolean;
  v_start   timestamp := date_trunc('minute', p_after at time zone 'UTC') + interval '1 minute';
  v_day     date := v_start::date;
  v_minute  integer;
begin
  if array_length(v_fields, 1) = 2 and v_fields[2] in ('second', 'seconds') and v_fields[1] ~ '^([1-9]|[1-5][0-9])$' then
    return p_after + make_interval(secs => v_fields[1]::integer);
  end if;
  if array_length(v_fields, 1) is distinct from 5 or not isfinite(p_after) then
    return null;
  end if;
  v_minutes  := backup._cron_field(v_fields[1], 0, 59);
  v_hours    := backup._cron_field(v_fields[2], 0, 23);
  v_days     := case when v_fields[3] = '$' then '{}' else backup._cron_field(v_fields[3], 1, 31) end;
  v_months   := backup._cron_field(v_fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
  v_weekdays := backup._cron_field(v_fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}');
  if v_minutes is null or v_hours is null or v_days is null or v_months is null or v_weekdays is null then
    return null;
  end if;
  v_either := left(v_fields[3], 1) <> '*' and left(v_fields[5], 1) <> '*';

  while v_day < v_start::date + 366 * 41 loop
    if extract(month from v_day)::integer <> all (v_months) then
      v_day := (date_trunc('month', v_day::timestamp) + interval '1 month')::date;
      continue;
    end if;
    if (select case when v_either then d.day or d.weekday else d.day and d.weekday end
        from (select extract(day from v_day)::integer = any (v_days)
                       or (v_fields[3] = '$' and extract(day from v_day + 1) = 1) as day,
                     extract(dow from v_day)::integer = any (v_weekdays)
                       or (extract(dow from v_day) = 0 and 7 = any (v_weekdays)) as weekday) as d) then
      select min(h * 60 + m) into v_minute
      from unnest(v_hours) as h cross join unnest(v_minutes) as m
      where v_day + make_interval(mins => h * 60 + m) >= v_start;
      if v_minute is not null then
        return (v_day + make_interval(mins => v_minute)) at time zone 'UTC';
      end if;
    end if;
    v_day := v_day + 1;
  end loop;
  return null;
end
$$;

comment on function backup.next_run(text, timestamptz) is
  'First time after the given one at which a pg_cron schedule is due, in UTC; null when it is none or never due. See backup.cron_problem().';
revoke all on function backup.next_run(text, timestamptz) from public;

-- sql/functions/cron_problem.sql
-- requires: functions/next_run.sql
-- backup.cron_problem(p_schedule)
--
-- Why: pg_cron accepts some expressions that are never due, and what it refuses it refuses without a reason. Stricter than
-- pg_cron, so that what passes here means what it seems to.
create or replace function backup.cron_problem(p_schedule text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_fields text[] := regexp_split_to_array(lower(btrim(p_schedule)), '\\s+');
  v_field  record;
begin
  if p_schedule is null then
    return null;
  end if;
  if array_length(v_fields, 1) = 2 and v_fields[2] in ('second', 'seconds') then
    return case when v_fields[1] !~ '^([1-9]|[1-5][0-9])$' then format('%s is no number of seconds from 1 to 59', quote_literal(v_fields[1])) end;
  end if;
  if array_length(v_fields, 1) is distinct from 5 then
    return format('%s has %s fields instead of 5: minute hour day-of-month month day-of-week', quote_literal(p_schedule),
                  case when btrim(p_schedule) = '' then 0 else array_length(v_fields, 1) end);
  end if;
  for v_field in
    select * from (values
      (1, 'minute', 0, 59, null), (2, 'hour', 0, 23, null), (3, 'day of month', 1, 31, null),
      (4, 'month', 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}'::text[]),
      (5, 'day of week', 0, 7, '{sun,mon,tue,wed,thu,fri,sat}')) as f(no, name, low, high, names)
  loop
    if backup._cron_field(v_fields[v_field.no], v_field.low, v_field.high, v_field.names) is null
       and not (v_field.no = 3 and v_fields[3] = '$') then
      return format('%s %s is no value, list, range or step from %s to %s', v_field.name, quote_literal(v_fields[v_field.no]), v_field.low, v_field.high);
    end if;
  end loop;
  if backup.next_run(p_schedule, '2000-01-01 00:00+00') is null then
    return format('%s is never due: none of its months has such a day', quote_literal(p_schedule));
  end if;
  return null;
end
$$;

comment on function backup.cron_problem(text) is
  'What is wrong with a pg_cron schedule, five fields or N seconds, in words; null when nothing is. $ is the last day of a month and needs pg_cron 1.5.';
revoke all on function backup.cron_problem(text) from public;

-- sql/functions/_policy_scheduled.sql
-- backup._policy_scheduled()
--
-- Why: a backup is missed only if it was due after somebody asked for it. A policy may be turned on in Studio as well as by
-- backup.enable(), so the table itself notes since when its schedule holds.
create or replace function backup._policy_scheduled()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if not new.enabled then
    new.scheduled_since := null;
  elsif tg_op = 'INSERT' then
    new.scheduled_since := coalesce(new.scheduled_since, clock_timestamp());
  elsif not old.enabled or new.schedule is distinct from old.schedule then
    new.scheduled_since := clock_timestamp();
  end if;
  return new;
end
$$;

comment on function backup._policy_scheduled() is 'Trigger of backup.policies: keeps scheduled_since.';
revoke all on function backup._policy_scheduled() from public;

-- sql/tables/policies.sql
-- requires: types/tier.sql, functions/cron_problem.sql, functions/_policy_scheduled.sql
create table backup.policies (
  name            text primary key,
  provider        text not null,
  frequency       text not null,
  schedule        text,
  retention       interval not null,
  storage_class   text,
  tier            backup.tier,
  enabled         boolean not null,
  scheduled_since timestamptz,
  description     text not null,
  constraint policies_provider_known check (provider in ('supabase', 'aws_s3', 'supabase_storage')),
  constraint policies_frequency_known check (frequency in ('continuous', 'daily', 'weekly', 'monthly')),
  constraint policies_schedule_valid check (backup.cron_problem(schedule) is null),
  constraint policies_schedule_ours check (schedule is null or provider <> 'supabase'),
  constraint policies_retention_positive check (retention > interval '0'),
  constraint policies_storage_class_known check (storage_class in ('STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE')),
  constraint policies_storage_class_of_s3 check (storage_class is null or provider = 'aws_s3')
);
create trigger scheduled_since before insert or update on backup.policies
  for each row execute function backup._policy_scheduled();
alter table backup.policies enable row level security;
create policy service_role_reads on backup.policies for select to service_role using (true);
grant select on backup.policies to service_role;

comment on table backup.policies is 'The backup strategy: which backups exist, who makes them, how often, and how long they are kept. Change it with backup.set_policy() or holdfast policies set.';
comment on column backup.policies.provider is 'supabase: the platform''s own backups. aws_s3: exports by Holdfast to a bucket. supabase_storage: files in Storage.';
comment on column backup.policies.frequency is 'What is promised: a newest backup older than this, with some grace, is too old.';
comment on column backup.policies.schedule is
  'When Holdfast makes it, as a pg_cron schedule in UTC. Null: Supabase decides, or the backup is the first of its period made by another schedule.';
comment on column backup.policies.tier is 'Tier of the runs this policy covers; null where Holdfast does not make the backup.';
comment on column backup.policies.enabled is 'The S3 policies stay off until backup.enable() is called, so an unconfigured bucket raises no noise.';
comment on column backup.policies.scheduled_since is
  'Since when the policy is enabled with this schedule; null while it is not. Runs that were due before are not missed.';

insert into backup.policies (name, provider, frequency, schedule, retention, storage_class, tier, enabled, description) values
  ('primary',           'supabase',         'daily',      null,        '30 days',  null,         null,      true,  'Daily backups made by the Supabase platform.'),
  ('point_in_time',     'supabase',         'continuous', null,        '7 days',   null,         null,      true,  'Point-in-time recovery by the Supabase platform.'),
  ('secondary_daily',   'aws_s3',           'daily',      '0 1 * * *', '30 days',  'STANDARD',   'daily',   false, 'Daily exports to the S3 bucket, when more than the weekly one is wanted.'),
  ('secondary_weekly',  'aws_s3',           'weekly',     '0 1 * * 0', '90 days',  'STANDARD',   'weekly',  false, 'Weekly full export to the S3 bucket.'),
  ('secondary_monthly', 'aws_s3',           'monthly',    null,        '365 days', 'GLACIER_IR', 'monthly', false, 'The first export of a month, kept for a year.'),
  ('storage',           'supabase_storage', 'daily',      null,        '30 days',  null,         null,      false, 'Files in Supabase Storage.');

-- sql/tables/prices.sql
create table backup.prices (
  item                 text primary key,
  usd_per_gb           numeric not null,
  usd_per_gb_retrieved numeric not null default 0,
  minimum_days         integer not null default 0,
  thaw                 interval,
  as_of                date not null,
  description          text not null,
  constraint prices_item_known check (item in ('STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE', 'egress_supabase', 'egress_s3')),
  constraint prices_not_negative check (usd_per_gb >= 0 and usd_per_gb_retrieved >= 0 and minimum_days >= 0)
);
alter table backup.prices enable row level security;
create policy service_role_reads on backup.prices for select to service_role using (true);
grant select on backup.prices to service_role;

comment on table backup.prices is
  'List prices for the cost estimate of backup.strategy_report(), of AWS us-east-1 without discounts or free quotas. They are not looked up: edit them, with as_of, to what you pay. A GB is 1,000,000,000 bytes.';
comment on column backup.prices.item is 'A storage class, per GB and month, or egress, per GB.';
comment on column backup.prices.usd_per_gb_retrieved is 'Of a storage class: reading back, per GB, on top of egress.';
comment on column backup.prices.minimum_days is 'Of a storage class: days that are billed even if an object is deleted earlier.';
comment on column backup.prices.thaw is 'Of a storage class: usual longest time until an object can be read, at the standard speed. Null: at once.';

insert into backup.prices (item, usd_per_gb, usd_per_gb_retrieved, minimum_days, thaw, as_of, description) values
  ('STANDARD',        0.023,   0,    0,   null,       '2026-11-24', 'S3 Standard'),
  ('STANDARD_IA',     0.0125,  0.01, 30,  null,       '2026-11-24', 'S3 Standard-Infrequent Access; objects below 128 KB are billed as 128 KB'),
  ('GLACIER_IR',      0.004,   0.03, 90,  null,       '2026-11-24', 'S3 Glacier Instant Retrieval; objects below 128 KB are billed as 128 KB'),
  ('GLACIER',         0.0036,  0.01, 90,  '5 hours',  '2026-11-24', 'S3 Glacier Flexible Retrieval'),
  ('DEEP_ARCHIVE',    0.00099, 0.02, 180, '12 hours', '2026-11-24', 'S3 Glacier Deep Archive'),
  ('egress_supabase', 0.09,    0,    0,   null,       '2026-11-24', 'Egress of Edge Functions, beyond the quota of the plan'),
  ('egress_s3',       0.09,    0,    0,   null,       '2026-11-24', 'Data read from S3 over the internet');

-- sql/tables/primary_backups.sql
create table backup.primary_backups (
  look_id        bigint generated always as identity primary key,
  looked_at      timestamptz not null default clock_timestamp(),
  project_ref    text not null,
  outcome        text not null,
  reason         text,
  region         text,
  walg_enabled   boolean,
  pitr_enabled   boolean,
  completed      integer,
  newest_at      timestamptz,
  oldest_at      timestamptz,
  pitr_earliest  timestamptz,
  pitr_latest    timestamptz,
  backups        jsonb,
  constraint primary_backups_outcome_known check (outcome in ('answered', 'no_token', 'unanswered')),
  constraint primary_backups_reason_unless_answered check ((outcome = 'answered') = (reason is null))
);
create index primary_backups_by_time on backup.primary_backups (looked_at);
alter table backup.primary_backups enable row level security;
create policy service_role_reads on backup.primary_backups for select to service_role using (true);
grant select on backup.primary_backups to service_role;

comment on table backup.primary_backups is 'One row per look at the backups that Supabase makes of this project, as its Management API tells of them. backup.check_primary_backups() judges the newest.';
comment on column backup.primary_backups.outcome is 'answered: by the Management API. no_token: nobody was asked. unanswered: see reason.';
comment on column backup.primary_backups.completed is 'Backups listed as COMPLETED; newest_at and oldest_at are of these.';
comment on column backup.primary_backups.pitr_latest is 'End of the window of point-in-time recovery; pitr_earliest is its start.';
comment on column backup.primary_backups.backups is 'What was listed, newest first: [{inserted_at, status, is_physical_backup}].';

-- sql/tables/retention_marks.sql
-- requires: tables/runs.sql
create table backup.retention_marks (
  run_id          text primary key references backup.runs on delete cascade,
  reasons         text[] not null,
  marked_at       timestamptz not null default clock_timestamp(),
  delete_after    timestamptz not null,
  claim_id        uuid,
  lease_until     timestamptz,
  not_before      timestamptz not null default '-infinity',
  locked_until    timestamptz,
  error_code      text,
  error_message   text,
  objects_deleted bigint not null default 0,
  bytes_deleted   bigint not null default 0,
  swept_at        timestamptz,
  constraint retention_marks_claimed_iff_lease check ((claim_id is null) = (lease_until is null)),
  constraint retention_marks_swept_are_free check (swept_at is null or claim_id is null),
  constraint retention_marks_error_has_both check ((error_code is null) = (error_message is null))
);
create index retention_marks_open on backup.retention_marks (delete_after) where swept_at is null;
alter table backup.retention_marks enable row level security;
create policy service_role_reads on backup.retention_marks for select to service_role using (true);
grant select on backup.retention_marks to service_role;

comment on table backup.retention_marks is
  'Runs that retention will delete, is deleting or has deleted. A mark that has not led to a deletion is taken back when the plan changes its mind.';
comment on column backup.retention_marks.reasons is 'Why the run may go, as backup.retention_plan() gave it when it was marked.';
comment on column backup.retention_marks.delete_after is 'End of the grace period.';
comment on column backup.retention_marks.claim_id is 'Fencing token of who deletes; the lease frees it when that process died.';
comment on column backup.retention_marks.not_before is 'Not tried again before: the end of a lock, or a while after an error.';
comment on column backup.retention_marks.locked_until is 'Object Lock holds an object of the run until then.';
comment on column backup.retention_marks.swept_at is 'When nothing of the run was left in the bucket.';

-- sql/tables/row_shrink_limits.sql
create table backup.row_shrink_limits (
  schema_name text not null,
  table_name  text not null,
  threshold   numeric not null,
  reason      text,
  primary key (schema_name, table_name),
  constraint row_shrink_limits_threshold_range check (threshold between 0 and 1)
);
alter table backup.row_shrink_limits enable row level security;
create policy service_role_reads on backup.row_shrink_limits for select to service_role using (true);
grant select on backup.row_shrink_limits to service_role;

comment on table backup.row_shrink_limits is
  'Tables for which check_row_counts allows another loss of rows than backup.settings.row_shrink_threshold.';
comment on column backup.row_shrink_limits.threshold is 'Share of rows the table may lose between two runs: 0 none, 0.5 half, 1 all of them.';

-- Rows of these tables expire by design; without an exception every quiet week would look like a loss.
insert into backup.row_shrink_limits (schema_name, table_name, threshold, reason)
select s.schema_name, s.table_name, 1, 'rows expire by design'
from (values
  ('auth', 'audit_log_entries'), ('auth', 'flow_state'), ('auth', 'mfa_amr_claims'), ('auth', 'mfa_challenges'),
  ('auth', 'one_time_tokens'), ('auth', 'refresh_tokens'), ('auth', 'saml_relay_states'), ('auth', 'sessions'),
  ('auth', 'oauth_authorizations'), ('auth', 'webauthn_challenges'),
  ('storage', 's3_multipart_uploads'), ('storage', 's3_multipart_uploads_parts')) as s (schema_name, table_name);

-- sql/tables/sample_queries.sql
create table backup.sample_queries (
  name           text primary key,
  query          text not null,
  expectation    text not null default 'runs',
  expected_value text,
  max_ms         integer not null default 5000,
  enabled        boolean not null default true,
  description    text,
  constraint sample_queries_query_not_blank check (query ~ '\\S'),
  constraint sample_queries_expectation_known
    check (expectation in ('runs', 'non_empty', 'empty', 'rows_min', 'rows_equal', 'scalar_equals')),
  constraint sample_queries_value_fits check (case
    when expectation in ('rows_min', 'rows_equal') then coalesce(expected_value ~ '^\\d{1,18}$', false)
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

-- sql/tables/settings.sql
create table backup.settings (
  id                      boolean primary key default true,
  project_ref             text not null default 'local',
  bucket_owner            text,
  functions_url           text,
  external_clock          boolean not null default false,
  included_schemas        text[],
  excluded_schemas        text[] not null default '{}',
  chunk_bytes             bigint not null default 8388608,
  worker_bytes            bigint not null default 25165824,
  worker_seconds          integer not null default 60,
  workers                 integer not null default 2,
  lease_seconds           integer not null default 120,
  max_attempts            integer not null default 5,
  keeper_max_age          interval not null default '6 hours',
  keeper_start_timeout    interval not null default '4 minutes',
  count_at_plan_bytes     bigint not null default 268435456,
  object_lock             text,
  retention_mode          text not null default 'dry_run',
  retention_minimum       integer not null default 3,
  retention_grace         interval not null default '2 days',
  retention_debris_age    interval not null default '3 days',
  include_role_passwords  boolean not null default false,
  row_shrink_threshold    numeric not null default 0.2,
  check_timeout           interval not null default '25 seconds',
  background_timeout      interval not null default '2 hours',
  object_sample_share     integer not null default 4,
  drill_from              text not null default 'alternate',
  drill_window            interval not null default '90 days',
  drill_max_age           interval not null default '35 days',
  drill_timeout           interval not null default '12 hours',
  key_proof_max_age       interval not null default '90 days',
  missed_run_grace        interval not null default '2 hours',
  stuck_run_after         interval not null default '30 minutes',
  size_jump_factor        numeric not null default 3,
  ledger_max_bytes        bigint not null default 536870912,
  alert_max_per_hour      integer not null default 4,
  alert_max_attempts      integer not null default 8,
  alert_reminder_after    interval,
  ledger_keep_work        interval not null default '30 days',
  ledger_keep_answers     interval not null default '1 year',
  ledger_keep_history     interval not null default '2 years',
  constraint settings_one_row check (id),
  constraint settings_project_ref_is_a_path_segment check (project_ref ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
  constraint settings_bucket_owner_is_a_reference check (bucket_owner ~ '^[a-z]{20}$'),
  constraint settings_functions_url_is_http check (functions_url ~ '^https?://'),
  constraint settings_chunk_bytes_range check (chunk_bytes between 8192 and 1073741824),
  constraint settings_worker_bytes_positive check (worker_bytes > 0),
  constraint settings_worker_seconds_range check (worker_seconds between 1 and 390),
  constraint settings_workers_range check (workers between 1 and 32),
  constraint settings_lease_seconds_range check (lease_seconds between 5 and 3600),
  constraint settings_max_attempts_range check (max_attempts between 1 and 100),
  constraint settings_object_lock_known check (object_lock in ('GOVERNANCE', 'COMPLIANCE')),
  constraint settings_retention_mode_known check (retention_mode in ('off', 'dry_run', 'apply')),
  constraint settings_retention_minimum_positive check (retention_minimum > 0),
  constraint settings_retention_grace_not_negative check (retention_grace >= interval '0'),
  -- A run may take as long as its keeper lives; its objects are no debris before.
  constraint settings_retention_debris_age_safe check (retention_debris_age >= interval '1 day' and retention_debris_age >= keeper_max_age),
  constraint settings_row_shrink_threshold_range check (row_shrink_threshold >= 0 and row_shrink_threshold < 1),
  constraint settings_object_sample_share_range check (object_sample_share between 1 and 365),
  constraint settings_drill_from_known check (drill_from in ('latest', 'random', 'alternate')),
  constraint settings_drill_window_positive check (drill_window > interval '0'),
  constraint settings_drill_max_age_positive check (drill_max_age > interval '0'),
  constraint settings_key_proof_max_age_positive check (key_proof_max_age > interval '0'),
  constraint settings_missed_run_grace_not_negative check (missed_run_grace >= interval '0'),
  constraint settings_stuck_run_after_positive check (stuck_run_after > interval '0'),
  constraint settings_size_jump_factor_above_one check (size_jump_factor > 1),
  constraint settings_ledger_max_bytes_positive check (ledger_max_bytes > 0),
  constraint settings_alert_max_per_hour_range check (alert_max_per_hour between 1 and 60),
  constraint settings_alert_max_attempts_range check (alert_max_attempts between 1 and 20),
  constraint settings_alert_reminder_after_range check (alert_reminder_after >= interval '15 minutes'),
  -- A run or drill that is at work is younger than this, and so is debris whose reason somebody looks for.
  constraint settings_ledger_keep_work_range check (ledger_keep_work >= interval '8 days'),
  constraint settings_ledger_keep_answers_range check (ledger_keep_answers >= ledger_keep_work),
  -- Calendar periods reach back a month, recovery_objectives a year.
  constraint settings_ledger_keep_history_range check (ledger_keep_history >= interval '1 year' and ledger_keep_history >= ledger_keep_answers),
  constraint settings_drill_timeout_range check (drill_timeout between interval '1 minute' and interval '7 days')
);
alter table backup.settings enable row level security;
create policy service_role_reads on backup.settings for select to service_role using (true);
grant select on backup.settings to service_role;
insert into backup.settings default values;

comment on table backup.settings is 'One row: how this project is backed up. Change it with update backup.settings set … where id;';
comment on column backup.settings.project_ref is 'Folder of this project inside the bucket; the project reference on hosted Supabase.';
comment on column backup.settings.bucket_owner is 'Reference of the hosted project whose retention may delete what this ledger lists: the first that did, so a physical copy may not. See backup.take_over_bucket(). Null: none has yet.';
comment on column backup.settings.functions_url is 'Base URL of the Edge Functions, as https://<ref>.supabase.co/functions/v1. Null: Vault secret "project_url" + /functions/v1.';
comment on column backup.settings.external_clock is 'A program outside of the database holds snapshots and delivers tickets; pg_cron and pg_net are left alone.';
comment on column backup.settings.included_schemas is 'Schemas to back up. Null: all but system and ephemeral ones, see backup.included_schemas().';
comment on column backup.settings.excluded_schemas is 'Schemas to leave out of backups in addition to system and ephemeral ones.';
comment on column backup.settings.chunk_bytes is 'Target size of one chunk, in bytes of heap and TOAST. Small enough that a function can copy, hash and compress it within its CPU time.';
comment on column backup.settings.worker_bytes is 'Bytes of copied text after which a function stops claiming and hands over to a fresh one, because CPU time is counted per isolate.';
comment on column backup.settings.worker_seconds is 'Wall clock seconds after which a function stops claiming chunks.';
comment on column backup.settings.workers is 'Functions that export side by side.';
comment on column backup.settings.lease_seconds is 'Seconds a claimed chunk belongs to its worker. A worker that died loses it after this time.';
comment on column backup.settings.max_attempts is 'Attempts per chunk before the run fails with the last error.';
comment on column backup.settings.keeper_max_age is 'The keeper holds back vacuum; a run that needs longer fails instead of bloating the database.';
comment on column backup.settings.keeper_start_timeout is 'A run whose keeper has not appeared by then fails.';
comment on column backup.settings.count_at_plan_bytes is 'The smallest tables, up to this size together without what is in TOAST, are counted when planned, so that VACUUM FULL or CLUSTER during the export can be survived. On others it fails the run.';
comment on column backup.settings.object_lock is
  'GOVERNANCE or COMPLIANCE: objects of runs are locked in the bucket until their tier''s retention ends. Null: not locked, or as the bucket''s default says.';
comment on column backup.settings.retention_mode is
  'What scheduled retention does. off: nothing. dry_run: reports what it would delete. apply: marks, waits for retention_grace, deletes.';
comment on column backup.settings.retention_minimum is 'So many of the newest verified runs, and so many of the newest complete ones, are kept whatever their age.';
comment on column backup.settings.retention_grace is 'Time between marking a run for deletion and deleting it.';
comment on column backup.settings.retention_debris_age is 'Objects of failed and unknown runs are left alone for so long.';
comment on column backup.settings.include_role_passwords is 'Opt in to storing role password verifiers in the backup.';
comment on column backup.settings.row_shrink_threshold is 'Share of rows a table may lose against the last good run before check_row_counts fails: 0.2 = 20 %.';
comment on column backup.settings.check_timeout is 'A check that runs longer inside verify-backup is handed to a pg_cron job.';
comment on column backup.settings.background_timeout is 'A handed-over check that runs longer is recorded as inconclusive.';
comment on column backup.settings.object_sample_share is 'A verification reads back one object in this many, rotating, so that all are read once in as many verifications.';
comment on column backup.settings.drill_from is
  'Restore point a drill takes when none is named. latest, random: one within drill_window, untried ones first. alternate: latest and random in turn.';
comment on column backup.settings.drill_window is 'How far back a random restore point may lie.';
comment on column backup.settings.drill_max_age is 'check_drill_age fails when no drill has passed for this long. Drills are monthly; 35 days leave room for the longest month and a missed night.';
comment on column backup.settings.drill_timeout is 'A drill by functions that takes longer has failed.';
comment on column backup.settings.key_proof_max_age is 'check_key_escrow fails when the identity of a recipient has not been shown to open a backup for this long.';
comment on column backup.settings.missed_run_grace is 'Alert missed_run: a scheduled export, and the scheduled verification, may end this long after it was due.';
comment on column backup.settings.stuck_run_after is 'Alert stuck_run: an active export has not stored anything for this long.';
comment on column backup.settings.size_jump_factor is 'Alert size_jump: the newest backup is this many times larger or smaller than the median of the ten before it.';
comment on column backup.settings.ledger_max_bytes is 'Alert ledger_growth: the tables of schema backup together are larger.';
comment on column backup.settings.alert_max_per_hour is 'Messages per hour and channel about one cause of alerts, so that one that comes and goes is no storm.';
comment on column backup.settings.alert_max_attempts is 'Attempts per message and channel, after 1, 2, 4 … minutes and then every hour, before it is given up.';
comment on column backup.settings.alert_reminder_after is 'An open alert is told again after this time. Null: never.';
comment on column backup.settings.ledger_keep_work is
  'How long backup.prune_ledger() keeps chunks of ended runs, steps of ended drills, job_runs, and run_tables of runs that failed or were deleted.';
comment on column backup.settings.ledger_keep_answers is 'How long it keeps verifications with their answers, deliveries of alerts, and looks at the backups made by Supabase.';
comment on column backup.settings.ledger_keep_history is
  'How long it keeps resolved alerts, and runs that failed or were deleted, with their drills, key proofs and marks.';

-- sql/tables/tickets.sql
create table backup.tickets (
  ticket_id     uuid primary key default gen_random_uuid(),
  function_name text not null,
  body          jsonb not null default '{}',
  run_id        text,
  issued_at     timestamptz not null default clock_timestamp(),
  expires_at    timestamptz not null,
  posted        boolean not null default false,
  claimed_at    timestamptz,
  constraint tickets_expire_after_issue check (expires_at > issued_at)
);
create index tickets_open on backup.tickets (function_name, issued_at) where claimed_at is null;
alter table backup.tickets enable row level security;
create policy service_role_reads on backup.tickets for select to service_role using (true);

comment on table backup.tickets is
  'One-time rights to start a function. A function claims its ticket in its own database, so a ticket from a cloned project is worthless.';
comment on column backup.tickets.body is 'What the function is to do. The function believes the ticket, not the request that carries it.';
comment on column backup.tickets.posted is 'True when pg_net was asked to deliver it; false where a clock outside the database delivers.';

-- sql/tables/verifications.sql
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

-- sql/tables/verification_checks.sql
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

-- sql/tables/verification_results.sql
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

-- sql/functions/_amcheck_call.sql
-- backup._amcheck_call(deep)
--
-- Why: whether the server has amcheck, where, in which version and for whom differs from project to project; it is asked of
-- the catalog each time. Newer versions add an argument that also searches unique indexes for duplicates.
create or replace function backup._amcheck_call(p_deep boolean)
returns table (call text, reason text)
language sql
stable
set search_path = ''
as $$
  select case when f.allowed then format('select %I.bt_index_check($1, $2%s)', f.nspname,
                                         case when f.pronargs = 3 then ', $3' else '' end) end,
         case when f.pronargs is null then 'the extension amcheck is not installed'
              when not f.allowed then format('role %I may not execute bt_index_check', current_user) end
  from (values (1)) as one (row)
  left join lateral (
    select n.nspname, p.pronargs, pg_catalog.has_function_privilege(p.oid, 'execute')
             and pg_catalog.has_schema_privilege(n.oid, 'usage') as allowed
    from pg_catalog.pg_extension e
    join pg_catalog.pg_depend d
      on d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
    join pg_catalog.pg_proc p on d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where e.extname = 'amcheck' and p.proname = 'bt_index_check' and (p.pronargs = 2 or p.pronargs = 3 and p_deep)
    order by allowed desc, p.pronargs desc
    limit 1
  ) f on true
$$;

comment on function backup._amcheck_call(boolean) is
  'Private: the statement with which check_indexes calls amcheck, or the reason why it cannot.';
revoke all on function backup._amcheck_call(boolean) from public;

-- sql/functions/_checked_tables.sql
-- backup._checked_tables(schema, table)
--
-- Why: one answer to "which tables do the checks look at", equal to what an export covers: every ordinary and
-- partitioned table of the included schemas, without those that an extension brings along.
-- relation is ready for a FROM clause: an ordinary table is read with ONLY, so that rows of inheriting tables and
-- partitions count once, in their own table; a partitioned table has no rows of its own and is read whole.
-- Asked for one table it finds it by the index of pg_class: a proof asks three times for each of ten thousand.
create or replace function backup._checked_tables(p_schema text default null, p_table text default null)
returns table (relid oid, schema_name text, table_name text, subject text, relation text, relkind "char",
               relispartition boolean, relowner oid)
language sql
stable
set search_path = ''
as $$
  select c.oid, n.nspname::text, c.relname::text, format('%I.%I', n.nspname, c.relname),
         format('%s%I.%I', case when c.relkind = 'r' then 'only ' else '' end, n.nspname, c.relname),
         c.relkind, c.relispartition, c.relowner
  from (select r.oid, r.relname, r.relnamespace, r.relkind, r.relispartition, r.relowner
        from pg_catalog.pg_class r where p_table is null and r.relkind in ('r', 'p')
        union all
        select r.oid, r.relname, r.relnamespace, r.relkind, r.relispartition, r.relowner
        from pg_catalog.pg_class r where p_table is not null and r.relname = p_table::name and r.relkind in ('r', 'p')) c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname in (select backup.included_schemas())
    and (p_schema is null or n.nspname::text = p_schema)
    and (p_table is null or c.relname::text = p_table)
    and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by n.nspname, c.relname
$$;

comment on function backup._checked_tables(text, text) is
  'Private: the tables that checks examine, optionally of one schema or of one name.';
revoke all on function backup._checked_tables(text, text) from public;

-- sql/functions/_constraint_tests.sql
-- backup._constraint_tests(table oid)
--
-- Why: writes each rule of one table as a boolean expression that is true in a violating row, so that one scan can
-- answer all of them. They belong into FILTER, not WHERE: with constraint_exclusion on, the planner trusts a CHECK and would
-- answer "no row" without reading one. num_nulls() is used because the planner removes "is null" on a column that is declared not null.
-- A domain's rules are tested by casting the value to the base type and back, which evaluates them all and raises 23514.
create or replace function backup._constraint_tests(p_relid oid)
returns table (rule text, violated text, definition text, validated boolean, enforced boolean, is_domain boolean)
language sql
stable
set search_path = ''
as $$
  select c.conname::text, format(E'(%s\\n) is false', pg_catalog.pg_get_expr(c.conbin, c.conrelid)),
         pg_catalog.pg_get_constraintdef(c.oid), c.convalidated,
         coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true), false
  from pg_catalog.pg_constraint c
  where c.conrelid = p_relid and c.contype = 'c'
  union all
  select format('%I not null', a.attname), format('num_nulls(%I) > 0', a.attname), 'NOT NULL',
         coalesce((select c.convalidated from pg_catalog.pg_constraint c
                   where c.conrelid = p_relid and c.contype = 'n' and c.conkey = array[a.attnum]), true), true, false
  from pg_catalog.pg_attribute a
  where a.attrelid = p_relid and a.attnum > 0 and not a.attisdropped and a.attnotnull
  union all
  select format('%I as domain %s', a.attname, pg_catalog.format_type(a.atttypid, null)),
         format('num_nulls((%I::%s)::%s) < 0', a.attname, pg_catalog.format_type(y.typbasetype, y.typtypmod),
                pg_catalog.format_type(a.atttypid, null)),
         'DOMAIN', true, true, true
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_type y on y.oid = a.atttypid and y.typtype = 'd'
  where a.attrelid = p_relid and a.attnum > 0 and not a.attisdropped
$$;

comment on function backup._constraint_tests(oid) is
  'Private: the CHECK, NOT NULL and domain rules of a table as SQL expressions that find violating rows.';
revoke all on function backup._constraint_tests(oid) from public;

-- sql/functions/raise_alert.sql
-- backup.raise_alert(cause, severity, message, details)
--
-- Why: a failure that repeats every minute is one open alert with a count, not a thousand lines.
create or replace function backup.raise_alert(
  p_cause    text,
  p_severity text,
  p_message  text,
  p_details  jsonb default '{}'
)
returns bigint
language sql
set search_path = ''
as $$
  insert into backup.alerts as a (cause, severity, message, details)
  values (p_cause, p_severity, p_message, coalesce(p_details, '{}'))
  on conflict (cause) where resolved_at is null do update
    set occurrences = a.occurrences + 1,
        last_seen   = clock_timestamp(),
        severity    = excluded.severity,
        message     = excluded.message,
        details     = excluded.details
  returning a.alert_id
$$;

comment on function backup.raise_alert(text, text, text, jsonb) is
  'Opens an alert for a cause, or counts another occurrence of the open one, and returns its id. Severity: warning or critical.';
revoke all on function backup.raise_alert(text, text, text, jsonb) from public;

-- sql/functions/resolve_alert.sql
-- backup.resolve_alert(cause)
--
-- Why: what raised an alert takes it back when the cause is gone, so that an open alert always means something.
create or replace function backup.resolve_alert(p_cause text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update backup.alerts a set resolved_at = clock_timestamp() where a.cause = p_cause and a.resolved_at is null;
  return found;
end
$$;

comment on function backup.resolve_alert(text) is 'Closes the open alert of a cause; true when there was one.';
revoke all on function backup.resolve_alert(text) from public;

-- sql/functions/_drill_alert.sql
-- requires: tables/drills.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup._drill_alert(p_drill_id)
--
-- Why: a backup that does not come back is what Holdfast exists to notice. Only a passed drill takes the alert back: one
-- that could not look has proven nothing.
create or replace function backup._drill_alert(p_drill_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_drill backup.drills;
begin
  select * into strict v_drill from backup.drills d where d.drill_id = p_drill_id;
  if v_drill.verdict = 'passed' then
    perform backup.resolve_alert('drill_failed');
  elsif v_drill.verdict is not null then
    perform backup.raise_alert('drill_failed',
      case when v_drill.verdict = 'failed' then 'critical' else 'warning' end,
      case when v_drill.state = 'failed'
           then format('Restore drill of %s failed: %s', v_drill.run_id, v_drill.failure_message)
           when v_drill.verdict = 'skipped'
           then format('Restore drill of %s was skipped: %s', v_drill.run_id, v_drill.proof ->> 'skipped')
           else format('Restore drill of %s: the proof is %s', v_drill.run_id, v_drill.verdict) end,
      jsonb_build_object('drill_id', v_drill.drill_id, 'run_id', v_drill.run_id, 'code', v_drill.failure_code,
                         'failed', v_drill.proof -> 'failed'));
  end if;
end;
$$;

comment on function backup._drill_alert(uuid) is 'Raises alert drill_failed for a drill that did not pass, resolves it after one that did.';
revoke all on function backup._drill_alert(uuid) from public;

-- sql/functions/_drill_phase_seconds.sql
-- requires: tables/drill_steps.sql
-- backup._drill_phase_seconds(p_drill_id)
--
-- Why: phases are worked on in steps by several invocations; their times add up.
create or replace function backup._drill_phase_seconds(p_drill_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(p.phase, round(p.seconds, 3) order by p.first_step), '{}')
  from (select s.phase, sum(s.seconds) as seconds, min(s.step_no) as first_step
        from backup.drill_steps s where s.drill_id = p_drill_id and s.state = 'done' group by s.phase) p
$$;

comment on function backup._drill_phase_seconds(uuid) is 'Seconds of finished steps per phase, as {"schema": 1.2, …}.';
revoke all on function backup._drill_phase_seconds(uuid) from public;

-- sql/functions/_duration_words.sql
-- backup._duration_words(p_duration)
--
-- Why: 04:00:00 is a time of the day to most readers. The two largest units are as exact as a report needs to be.
create or replace function backup._duration_words(p_duration interval)
returns text
language sql
immutable
set search_path = ''
as $$
  with seconds as (
    select round(extract(epoch from p_duration))::bigint as s
  ), parts as (
    select u.position, u.unit, s.s / u.size % u.modulus as n
    from seconds s cross join (values (1, 'd', 86400, 1000000), (2, 'h', 3600, 24), (3, 'min', 60, 60), (4, 's', 1, 60)) as u(position, unit, size, modulus)
  ), first as (
    select min(p.position) as position from parts p where p.n > 0
  )
  select case when p_duration is null then null
              else coalesce((select string_agg(format('%s %s', p.n, p.unit), ' ' order by p.position)
                             from parts p cross join first f where p.n > 0 and p.position between f.position and f.position + 1), '0 s') end
$$;

comment on function backup._duration_words(interval) is 'An interval in its two largest units, as 3 h 20 min.';
revoke all on function backup._duration_words(interval) from public;

-- sql/functions/_finding_of_error.sql
-- backup._finding_of_error(check, subject, expected, sqlstate, message)
--
-- Why: a check that cannot look has not seen that all is well. Every error becomes inconclusive, except data corruption
-- (class XX, as XX001 data_corrupted), which is the very thing the checks search for.
-- Messages of most errors may quote a row ("invalid input syntax for type integer: …"), so only those of classes 25, 42
-- and 55 are kept: they speak of statements, objects, privileges and locks.
create or replace function backup._finding_of_error(
  p_check    text,
  p_subject  text,
  p_expected text,
  p_sqlstate text,
  p_message  text
)
returns backup.finding
language sql
immutable
set search_path = ''
as $$
  select (p_check, p_subject,
    case when p_sqlstate like 'XX%' then 'failed' else 'inconclusive' end::backup.verdict,
    p_expected,
    case when p_sqlstate ~ '^(25|42|55)' then format('error %s: %s', p_sqlstate, p_message)
         else format('error %s', p_sqlstate) end,
    jsonb_build_object('sqlstate', p_sqlstate))::backup.finding
$$;

comment on function backup._finding_of_error(text, text, text, text, text) is
  'Private: turns an error met by a check into a finding: inconclusive, or failed for data corruption. Never holds row values.';
revoke all on function backup._finding_of_error(text, text, text, text, text) from public;

-- sql/functions/_foreign_key_queries.sql
-- backup._foreign_key_queries(constraint oid, samples)
--
-- Why: writes the two searches of one foreign key as SQL, so that they can be read and tested apart from the loop.
-- orphans: referencing rows without a referenced row, as an anti-join over the key's own equality operators (compared in
-- the collation of the referenced column, as the key does), which the planner can hash; it returns the count and the
-- first rows found. partial: rows of a MATCH FULL key where some columns are null and others not; null where it cannot be.
-- A sample names a row by its address, and by its primary key only where that consists of integers or uuids: other
-- keys (an e-mail address, a name) are contents of the row.
create or replace function backup._foreign_key_queries(p_constraint oid, p_samples integer)
returns table (orphans text, partial text)
language sql
stable
set search_path = ''
as $$
  with con as (
    select c.oid, c.conrelid, c.confrelid, c.confmatchtype, c.conkey, c.confkey, c.conpfeqop,
           format('%s%I.%I', case f.relkind when 'p' then '' else 'only ' end, fn.nspname, f.relname) as referencing,
           format('%s%I.%I', case r.relkind when 'p' then '' else 'only ' end, rn.nspname, r.relname) as referenced
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class f on f.oid = c.conrelid
    join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
    join pg_catalog.pg_class r on r.oid = c.confrelid
    join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
    where c.oid = p_constraint
  ), keys as (
    select count(*) as columns,
           string_agg(format('f.%I is not null', fa.attname), ' and ' order by k.position) as all_set,
           string_agg(format('f.%I', fa.attname), ', ' order by k.position) as referencing_columns,
           string_agg(format('r.%I operator(%I.%s) f.%I%s', ra.attname, n.nspname, o.oprname, fa.attname,
             case when ra.attcollation <> 0 and ra.attcollation <> fa.attcollation
                  then format(' collate %I.%I', cn.nspname, co.collname) else '' end), ' and ' order by k.position) as matches
    from con
    cross join unnest(con.conkey, con.confkey, con.conpfeqop) with ordinality as k (fattnum, rattnum, op, position)
    join pg_catalog.pg_attribute fa on fa.attrelid = con.conrelid and fa.attnum = k.fattnum
    join pg_catalog.pg_attribute ra on ra.attrelid = con.confrelid and ra.attnum = k.rattnum
    join pg_catalog.pg_operator o on o.oid = k.op
    join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
    left join pg_catalog.pg_collation co on co.oid = ra.attcollation
    left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
  ), primary_key as (
    select string_agg(format('%L, f.%I', a.attname, a.attname), ', ' order by a.attnum) as pairs
    from con
    join pg_catalog.pg_index i on i.indrelid = con.conrelid and i.indisprimary
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    having bool_and(a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype))
  ), parts as (
    select con.*, keys.*,
           format('select jsonb_build_object(''rows'', count(*), ''samples'', coalesce(jsonb_agg(s.sample) filter '
             '(where s.position <= %s), ''[]'')) from (select row_number() over () as position, '
             'jsonb_build_object(''table'', f.tableoid::regclass::text, ''ctid'', f.ctid::text%s) as sample from %s f where ',
             greatest(p_samples, 0),
             coalesce(', ''key'', jsonb_build_object(' || (select pairs from primary_key) || ')', ''),
             con.referencing) as head
    from con, keys
  )
  select head || format('%s and not exists (select from %s r where %s)) s', all_set, referenced, matches),
         case when confmatchtype = 'f' and columns > 1
              then head || format('num_nulls(%s) between 1 and %s) s', referencing_columns, columns - 1) end
  from parts
$$;

comment on function backup._foreign_key_queries(oid, integer) is
  'Private: the SQL with which check_foreign_keys searches one foreign key for orphans and for partial MATCH FULL keys.';
revoke all on function backup._foreign_key_queries(oid, integer) from public;

-- sql/functions/_held_drill_step.sql
-- requires: tables/drill_steps.sql
-- backup._held_drill_step(p_drill_id, p_step_no, p_claim_id)
--
-- Why: a worker that was slow, frozen or presumed dead must not report over the head of its successor.
-- Locks: the drill, then the step. Errors: HF522 the drill has ended, HF523 the claim is no longer held.
create or replace function backup._held_drill_step(p_drill_id uuid, p_step_no integer, p_claim_id uuid)
returns backup.drill_steps
language plpgsql
set search_path = ''
as $$
declare
  v_state text;
  v_step  backup.drill_steps;
begin
  select d.state into v_state from backup.drills d where d.drill_id = p_drill_id for no key update;
  if v_state is distinct from 'running' then
    raise exception using errcode = 'HF522', message = format('drill %s is not active', p_drill_id),
      detail = format('Its state is %s.', coalesce(v_state, 'unknown')), hint = 'Stop the worker; the drill has ended.';
  end if;
  select * into v_step from backup.drill_steps s
  where s.drill_id = p_drill_id and s.step_no = p_step_no and s.claim_id = p_claim_id and s.state = 'claimed' for update;
  if not found then
    raise exception using errcode = 'HF523', message = format('step %s of drill %s is no longer held', p_step_no, p_drill_id),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  return v_step;
end;
$$;

comment on function backup._held_drill_step(uuid, integer, uuid) is 'The step a claim still holds, locked for the report. Errors: HF522, HF523.';
revoke all on function backup._held_drill_step(uuid, integer, uuid) from public;

-- sql/functions/_held_sweep.sql
-- requires: tables/retention_marks.sql
-- backup._held_sweep(p_run_id, p_claim_id)
--
-- Why: a process that lost its lease must not report over the one that took over. Errors: HF602.
create or replace function backup._held_sweep(p_run_id text, p_claim_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform from backup.retention_marks m where m.run_id = p_run_id and m.claim_id = p_claim_id for update;
  if not found then
    raise exception using errcode = 'HF602', message = format('run %s is not held for deletion by this process', p_run_id),
      hint = 'Another process has taken it over; run holdfast retention to see how it stands.';
  end if;
end;
$$;

comment on function backup._held_sweep(text, uuid) is 'Locks the mark of a run that this claim holds. Errors: HF602.';
revoke all on function backup._held_sweep(text, uuid) from public;

-- sql/functions/_markdown_table.sql
-- backup._markdown_table(p_header, p_rows)
--
-- Why: a table or a policy may be called a|b, and what a server answered may hold anything: no cell may break the table.
create or replace function backup._markdown_table(p_header text[], p_rows jsonb)
returns text
language sql
immutable
set search_path = ''
as $$
  select concat_ws(E'\\n',
    '| ' || array_to_string(p_header, ' | ') || ' |',
    '|' || repeat(' --- |', cardinality(p_header)),
    string_agg(r.line, E'\\n' order by r.position))
  from (
    select l.position, '| ' || string_agg(btrim(regexp_replace(
             replace(replace(replace(replace(coalesce(c.value, ''), '\\', '\\\\'), '|', '\\|'), '<', '&lt;'), '>', '&gt;'), '\\s+', ' ', 'g')), ' | ' order by c.position) || ' |' as line
    from jsonb_array_elements(p_rows) with ordinality as l (value, position)
    cross join lateral jsonb_array_elements_text(l.value) with ordinality as c (value, position)
    group by l.position
  ) as r
  having count(*) > 0
$$;

comment on function backup._markdown_table(text[], jsonb) is 'Rows, an array of arrays, as a Markdown table; null without rows.';
revoke all on function backup._markdown_table(text[], jsonb) from public;

-- sql/functions/_pgtap_schema.sql
-- backup._pgtap_schema()
--
-- Why: pgTAP may be an extension in any schema or a set of functions loaded by hand, and \`supabase test db\` installs
-- it only for the time of a test run. It is recognised by its runner.
create or replace function backup._pgtap_schema()
returns name
language sql
stable
set search_path = ''
as $$
  select n.nspname
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.proname = 'runtests' and p.proargtypes = array['name'::regtype]::oidvector
    and exists (select from pg_catalog.pg_proc o where o.pronamespace = n.oid and o.proname = '_runner')
    and exists (select from pg_catalog.pg_proc o where o.pronamespace = n.oid and o.proname = 'no_plan')
  order by n.nspname
  limit 1
$$;

comment on function backup._pgtap_schema() is 'Private: the schema that holds pgTAP, null where the database does not have it.';
revoke all on function backup._pgtap_schema() from public;

-- sql/functions/_primary_backups_alert.sql
-- requires: tables/verification_results.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup._primary_backups_alert(p_verification_id)
--
-- Why: missing backups of the platform are a cause of their own, which another failed check must not keep open. A look
-- that could not be taken neither raises nor resolves it. A policy that was turned off has nothing to miss.
create or replace function backup._primary_backups_alert(p_verification_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_failed text;
  v_doubt  boolean;
begin
  select string_agg(format('%s: %s', r.subject, r.actual), '; ' order by r.subject desc) filter (where r.verdict = 'failed'),
         coalesce(bool_or(r.verdict = 'inconclusive'), true)
    into v_failed, v_doubt
  from backup.verification_results r
  where r.verification_id = p_verification_id and r.check_name = 'check_primary_backups';
  if v_failed is not null then
    perform backup.raise_alert('primary_backups', 'critical', 'backups by Supabase: ' || v_failed,
      jsonb_build_object('verification_id', p_verification_id));
  elsif not v_doubt then
    perform backup.resolve_alert('primary_backups');
  end if;
end
$$;

comment on function backup._primary_backups_alert(uuid) is 'Raises or resolves the alert primary_backups after what check_primary_backups answered in a verification.';
revoke all on function backup._primary_backups_alert(uuid) from public;

-- sql/functions/_read_only.sql
-- backup._read_only(query)
--
-- Why: predicates and constraints are somebody else's SQL. A cursor accepts one row-returning statement only, the block
-- is read-only, and it is always rolled back, which also restores the caller's read-write mode and any setting the
-- query changed. row_security = off makes a policy that would hide rows an error instead of a smaller count.
-- PostgreSQL does not let a query switch a read-only subtransaction back to read-write.
create or replace function backup._read_only(p_query text)
returns jsonb
language plpgsql
set search_path = ''
set row_security = off
set cursor_tuple_fraction = 1
as $$
declare
  v_cursor refcursor;
  v_result jsonb;
  v_done   boolean := false;
begin
  begin
    perform pg_catalog.set_config('transaction_read_only', 'on', true);
    open v_cursor no scroll for execute p_query;
    fetch v_cursor into v_result;
    close v_cursor;
    v_done := true;
    raise exception using errcode = 'transaction_rollback';
  exception when transaction_rollback then
    if not v_done then
      raise;
    end if;
  end;
  return v_result;
end
$$;

comment on function backup._read_only(text) is
  'Private: runs one query that returns one jsonb value, read-only and rolled back. A write raises 25006, several statements 42P11 or 42601.';
revoke all on function backup._read_only(text) from public;

-- sql/functions/_reopen_untold.sql
-- requires: tables/alert_deliveries.sql
-- backup._reopen_untold(p_channel, p_before, p_now)
--
-- Why: an alert that was raised before there was a channel, or that was given up while the channel was broken, still needs a
-- person once one can be told. What a message that arrived on p_channel shows to be mended is tried again: what was given up
-- there, and what found no channel or no function. Without p_channel: what found no channel. Only the last word about a cause
-- is tried, and only while its alert is open, so that a repaired channel gets one message about each.
-- Returns how many.
create or replace function backup._reopen_untold(p_channel text, p_before timestamptz, p_now timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_count integer;
begin
  update backup.alert_deliveries d
     set state = 'pending', attempts = 0, calls = 0, status_code = null, error = null, finished_at = null, not_before = p_now
   where d.delivery_id in (
     select u.delivery_id from backup.alert_deliveries u
     where u.alert_id is not null and u.event <> 'resolved' and u.finished_at <= p_before
       and (u.state = 'skipped' and u.channel is null or p_channel is not null and u.state in ('skipped', 'failed') and coalesce(u.channel, p_channel) = p_channel)
       and exists (select from backup.alerts a where a.cause = u.cause and a.resolved_at is null)
       and not exists (select from backup.alert_deliveries o
                       where o.cause = u.cause and o.alert_id is not null and (u.channel is null or o.channel is null or o.channel = u.channel)
                         and (o.queued_at, o.delivery_id) > (u.queued_at, u.delivery_id))
     for update skip locked);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function backup._reopen_untold(text, timestamptz, timestamptz) is
  'Makes deliveries pending again that ended untold before a time, and whose alert is open: those that found no channel, and with a channel also what was given up on it or by no function taken; returns how many.';
revoke all on function backup._reopen_untold(text, timestamptz, timestamptz) from public;

-- sql/functions/_sequence_uses.sql
-- backup._sequence_uses(schema, table)
--
-- Why: a sequence and the columns that draw from it are tied in three ways: identity (internal dependency), a default
-- that calls nextval (dependency of the default) and OWNED BY without a default (the application calls nextval). For a
-- column with a default only the sequence in the default counts. Partitions repeat the default of their parent and
-- are covered by reading the parent.
create or replace function backup._sequence_uses(p_schema text default null, p_table text default null)
returns table (sequence_id oid, sequence_name text, relation text, column_name text, column_label text,
               column_type oid, default_expression text)
language sql
stable
set search_path = ''
as $$
  with uses as (
    select d.objid as sequence_id, d.refobjid as relid, d.refobjsubid as attnum, null::text as default_expression
    from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
      and (d.deptype = 'i' or (d.deptype = 'a' and not exists (
        select from pg_catalog.pg_attrdef x where x.adrelid = d.refobjid and x.adnum = d.refobjsubid)))
      and d.refobjsubid > 0
    union
    select d.refobjid, x.adrelid, x.adnum, pg_catalog.pg_get_expr(x.adbin, x.adrelid)
    from pg_catalog.pg_attrdef x
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = x.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
    where d.deptype = 'n'
  )
  select s.oid, format('%I.%I', n.nspname, s.relname), t.relation, a.attname::text,
         format('%s.%I', t.subject, a.attname), coalesce(nullif(y.typbasetype, 0), y.oid), u.default_expression
  from uses u
  join pg_catalog.pg_class s on s.oid = u.sequence_id and s.relkind = 'S'
  join pg_catalog.pg_namespace n on n.oid = s.relnamespace
  join backup._checked_tables(p_schema, p_table) t on t.relid = u.relid
  join pg_catalog.pg_attribute a on a.attrelid = u.relid and a.attnum = u.attnum and not a.attisdropped
  join pg_catalog.pg_type y on y.oid = a.atttypid
  where not t.relispartition or not exists (
    select from uses v
    where v.sequence_id = u.sequence_id and v.relid <> u.relid
      and v.relid in (select p.relid from pg_catalog.pg_partition_ancestors(u.relid) p))
$$;

comment on function backup._sequence_uses(text, text) is
  'Private: which column draws its values from which sequence, by identity, default or ownership.';
revoke all on function backup._sequence_uses(text, text) from public;

-- sql/functions/_settle_retention_alert.sql
-- requires: tables/retention_marks.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup._settle_retention_alert()
--
-- Why: one alert for all runs that should be gone and are not, taken back when none is left. Messages of the storage may hold
-- keys of objects, which name tables; the alert has ids and codes alone.
create or replace function backup._settle_retention_alert()
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_locked  bigint;
  v_refused bigint;
  v_until   timestamptz;
  v_runs    jsonb;
begin
  select count(*) filter (where m.error_code is null), count(*) filter (where m.error_code is not null), max(m.locked_until),
         jsonb_agg(jsonb_strip_nulls(jsonb_build_object('run_id', m.run_id, 'locked_until', m.locked_until, 'code', m.error_code)) order by m.run_id)
    into v_locked, v_refused, v_until, v_runs
  from (
    select * from backup.retention_marks o where o.swept_at is null and (o.locked_until is not null or o.error_code is not null)
    order by o.run_id limit 20
  ) m;
  if v_runs is null then
    perform backup.resolve_alert('retention_blocked');
    return;
  end if;
  perform backup.raise_alert('retention_blocked', 'warning',
    'retention cannot delete: ' || concat_ws(', ',
      case when v_locked > 0 then format('%s locked, at the longest until %s', v_locked, to_char(v_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')) end,
      case when v_refused > 0 then format('%s refused by the storage', v_refused) end),
    jsonb_build_object('runs', v_runs));
end;
$$;

comment on function backup._settle_retention_alert() is 'Raises the alert retention_blocked while a marked run is locked or refused, and resolves it when none is.';
revoke all on function backup._settle_retention_alert() from public;

-- sql/functions/_utc_text.sql
-- backup._utc_text(p_at)
--
-- Why: a time in a message reads the same whatever the time zone of the session that wrote it.
create or replace function backup._utc_text(p_at timestamptz)
returns text
language sql
immutable
set search_path = ''
as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;

comment on function backup._utc_text(timestamptz) is 'A time as ISO 8601 in UTC, as 2026-01-31T12:00:00Z.';
revoke all on function backup._utc_text(timestamptz) from public;

-- sql/functions/add_warnings.sql
-- requires: tables/runs.sql
-- backup.add_warnings(p_run_id, p_warnings)
--
-- Why: what a backup does not cover is part of its result. The same warning of a second attempt is kept once.
create or replace function backup.add_warnings(p_run_id text, p_warnings jsonb)
returns void
language sql
set search_path = ''
as $$
  update backup.runs r
     set warnings = (select coalesce(jsonb_agg(distinct w), '[]') from jsonb_array_elements(r.warnings || coalesce(p_warnings, '[]')) w)
   where r.run_id = p_run_id
$$;

comment on function backup.add_warnings(text, jsonb) is 'Adds {code, subject, message} objects to the warnings of a run; duplicates are kept once.';
revoke all on function backup.add_warnings(text, jsonb) from public;

-- sql/functions/next_runs.sql
-- requires: functions/next_run.sql
-- backup.next_runs(p_schedule, p_count, p_after)
--
-- Why: how often a schedule runs, and whether another one contains it, shows in its next runs.
create or replace function backup.next_runs(p_schedule text, p_count integer, p_after timestamptz default now())
returns setof timestamptz
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_at timestamptz := p_after;
begin
  for v_count in 1 .. p_count loop
    v_at := backup.next_run(p_schedule, v_at);
    exit when v_at is null;
    return next v_at;
  end loop;
end
$$;

comment on function backup.next_runs(text, integer, timestamptz) is 'The next times at which a pg_cron schedule is due, in UTC; none when it is no schedule.';
revoke all on function backup.next_runs(text, integer, timestamptz) from public;

-- sql/functions/wanted_schedules.sql
-- requires: tables/policies.sql, functions/next_runs.sql
-- backup.wanted_schedules()
--
-- Why: the one list of what pg_cron should run, for installing, removing and reporting. The most frequent schedule of the
-- S3 policies is holdfast-export; another one becomes a job of its own unless its times are all among those of a job before
-- it, as Sunday 01:00 is among daily 01:00. Policies without a schedule get the first export of their period; when no policy
-- has one, the frequency decides.
create or replace function backup.wanted_schedules()
returns table (job_name text, schedule text, command text)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_policy record;
  v_taken  text[] := '{}';
begin
  return query select 'holdfast-' || j.name, j.schedule, format('select backup.run_job(%L)', j.name)
    from (values ('tick', '* * * * *'), ('verify', '0 2 * * 0'), ('prune', '17 3 * * *')) as j(name, schedule);
  for v_policy in
    select p.name, s.schedule
    from backup.policies p
    cross join lateral (select coalesce(p.schedule, case p.frequency when 'daily' then '0 1 * * *' when 'weekly' then '0 1 * * 0' else '0 1 1 * *' end) as schedule) s
    where p.provider = 'aws_s3' and p.enabled
      and (p.schedule is not null
           or not exists (select from backup.policies o where o.provider = 'aws_s3' and o.enabled and o.schedule is not null))
    order by (select max(n) from backup.next_runs(s.schedule, 12) n), p.name
  loop
    continue when exists (
      select from unnest(v_taken) as t(schedule)
      where t.schedule ~ 'second' or not exists (
        select from backup.next_runs(v_policy.schedule, 12) n
        where backup.next_run(t.schedule, n - interval '1 second') is distinct from n));
    job_name := 'holdfast-export' || case when v_taken = '{}' then '' else '-' || v_policy.name end;
    schedule := v_policy.schedule;
    command := 'select backup.run_job(''export'')';
    v_taken := v_taken || v_policy.schedule;
    return next;
  end loop;
  if v_taken <> '{}' then
    return query values ('holdfast-drill', '0 4 1 * *', 'select backup.run_job(''drill'')'),
                        ('holdfast-retention', '37 4 * * *', 'select backup.run_job(''retention'')');
  end if;
end
$$;

comment on function backup.wanted_schedules() is
  'Jobs that pg_cron should have for the strategy in backup.policies, with their schedules in UTC. backup.install_schedules() brings them about.';
revoke all on function backup.wanted_schedules() from public;

-- sql/functions/alert_causes.sql
-- requires: types/run_state.sql, tables/alert_deliveries.sql, functions/next_run.sql, functions/wanted_schedules.sql
-- backup.alert_causes(p_now)
--
-- Why: what does not happen raises no error, so somebody has to look. Everything here can be told from the ledger alone, by
-- pg_cron alone: no function, bucket or network has to be alive to notice that a backup is missing.
-- One row per cause. present: null when it cannot be told, which neither raises nor resolves. Causes about backups that
-- nobody asked for (no S3 policy is enabled) are not present. Causes that are events (a failed run, verification or drill)
-- are raised where they happen.
create or replace function backup.alert_causes(p_now timestamptz default now())
returns table (cause text, present boolean, severity text, message text, details jsonb)
language sql
stable
set search_path = ''
as $$
  with settings as (
    select * from backup.settings
  ), asked as (
    select min(p.scheduled_since) as since from backup.policies p where p.provider = 'aws_s3' and p.enabled
  ), newest as (
    select * from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1
  ), before as (
    select percentile_cont(0.5) within group (order by b.raw_bytes) as median, count(*) as runs
    from (select o.raw_bytes
          from (values ('complete'::backup.run_state), ('expired')) as states(state)
          -- Ten of each state are enough, and an index finds them.
          cross join lateral (select r.raw_bytes, r.snapshot_at from backup.runs r
                              where r.state = states.state and r.run_id <> (select n.run_id from newest n) order by r.snapshot_at desc limit 10) o
          order by o.snapshot_at desc limit 10) b
  ), ended as (
    select * from backup.runs r where r.finished_at is not null order by r.requested_at desc, r.run_id desc limit 1
  ), active as (
    select r.*, coalesce((select max(c.done_at) from backup.chunks c where c.run_id = r.run_id), r.keeper_claimed_at, r.requested_at) as last_progress
    from backup.runs r where r.state in ('starting', 'exporting')
  ), due as (
    -- The first time due after the last success is missed once it is over, and stays so until there is a success.
    select w.job_name, w.schedule,
           backup.next_run(w.schedule, greatest(
             coalesce((select max(p.scheduled_since) from backup.policies p
                       where p.provider = 'aws_s3' and p.enabled and coalesce(p.schedule, w.schedule) = w.schedule), a.since),
             case when w.job_name = 'holdfast-verify'
                  then (select max(v.started_at) from backup.verifications v where v.verdict is not null)
                  else (select n.snapshot_at from newest n) end)) as at
    from asked a cross join backup.wanted_schedules() w
    where a.since is not null and (w.job_name like 'holdfast-export%' or w.job_name = 'holdfast-verify')
  ), missed as (
    select d.job_name = 'holdfast-verify' as verification, min(d.at) as at
    from due d cross join settings s where d.at + s.missed_run_grace < p_now group by 1
  ), proven as (
    select max(d.finished_at) as at from backup.drills d where d.verdict = 'passed'
  ), jobs as (
    select j.job_name, j.error_code, j.error, j.started_at
    from (values ('tick'), ('export'), ('verify'), ('drill'), ('retention'), ('prune')) as names(job_name)
    cross join lateral (select * from backup.job_runs o where o.job_name = names.job_name order by o.started_at desc limit 1) j
    where j.status = 'failed'
  ), delivered as (
    -- The newest end on each channel tells whether it works, however old it is: silence repairs nothing. One that found no
    -- function has no channel, and counts while nothing has ended since. A channel that functions no longer know is gone: it has
    -- been skipped since, or something has been told without it.
    select d.channel, d.error
    from (select distinct on (e.channel) e.* from backup.alert_deliveries e
          where e.state in ('sent', 'failed') or e.error = 'channel is not configured'
          order by e.channel, e.finished_at desc, e.delivery_id desc) d
    where d.state = 'failed'
      and case when d.channel is null then not exists (select from backup.alert_deliveries l where l.finished_at > d.finished_at)
               when d.channel like 'heartbeat%' then true
               else not exists (
                 select from backup.alert_deliveries l
                 where l.alert_id is not null and l.queued_at > d.finished_at and (l.channel is not null or l.state = 'skipped')
                   and not exists (select from backup.alert_deliveries o where o.event_id = l.event_id and o.channel = d.channel)) end
  ), ledger as (
    select sum(pg_total_relation_size(c.oid)) as bytes from pg_catalog.pg_class c
    where c.relnamespace = 'backup'::regnamespace and c.relkind = 'r'
  )
  select 'missed_run', m.at is not null, 'critical',
         format('no export has succeeded since one was due at %s', to_char(m.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
         || case when n.run_id is null then '; there is no backup'
                 else format('; the newest backup is of %s', to_char(n.snapshot_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')) end,
         jsonb_build_object('due', m.at, 'newest', n.run_id)
  from asked left join missed m on not m.verification left join newest n on true
  union all
  select 'missed_verification', m.at is not null, 'warning',
         format('no verification has ended since one was due at %s', to_char(m.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
         jsonb_build_object('due', m.at)
  from asked left join missed m on m.verification
  union all
  select 'stuck_run', coalesce(a.last_progress + s.stuck_run_after < p_now, false), 'critical',
         format('export %s has stored nothing since %s', a.run_id, to_char(a.last_progress at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
         jsonb_build_object('run_id', a.run_id, 'last_progress', a.last_progress)
  from settings s left join active a on true
  union all
  select 'keeper_too_old', coalesce(a.keeper_claimed_at + s.keeper_max_age / 2 < p_now, false), 'warning',
         format('export %s has held back vacuum for more than half of settings.keeper_max_age (%s)', a.run_id, backup._duration_words(s.keeper_max_age)),
         jsonb_build_object('run_id', a.run_id, 'since', a.keeper_claimed_at)
  from settings s left join active a on true
  union all
  select 'drill_overdue', coalesce(greatest(p.at, a.since) + s.drill_max_age < p_now, false), 'warning',
         case when p.at is null then 'no drill has ever passed' else format('the last drill passed %s ago', backup._duration_words(p_now - p.at)) end
         || format('; one is due every %s', backup._duration_words(s.drill_max_age)),
         jsonb_build_object('last_passed', p.at)
  from settings s cross join asked a cross join proven p
  union all
  select o.name || '_over_target', a.since is not null and coalesce(not o.met, false), 'warning',
         format('%s is %s, the target is %s', upper(o.name), backup._duration_words(o.measured), backup._duration_words(o.target)),
         jsonb_build_object('measured', o.measured, 'target', o.target)
  from asked a cross join backup.recovery_objectives o
  union all
  select 'size_jump', b.runs >= 3 and coalesce(n.raw_bytes > b.median * s.size_jump_factor or n.raw_bytes * s.size_jump_factor < b.median, false), 'warning',
         format('backup %s holds %s, the median of the %s before it is %s', n.run_id, pg_size_pretty(n.raw_bytes), b.runs, pg_size_pretty(b.median::numeric)),
         jsonb_build_object('run_id', n.run_id, 'raw_bytes', n.raw_bytes, 'median', b.median)
  from settings s cross join before b left join newest n on true
  union all
  select 'schema_not_captured', coalesce(jsonb_array_length(g.warnings) > 0, false), 'warning',
         format('%s part(s) of the schema are not in backup %s', jsonb_array_length(g.warnings), g.run_id),
         jsonb_build_object('run_id', g.run_id, 'codes', (select jsonb_agg(distinct w -> 'code') from jsonb_array_elements(g.warnings) w))
  from asked left join (
    select n.run_id, (select coalesce(jsonb_agg(w), '[]') from jsonb_array_elements(n.warnings) w where w ->> 'code' like 'schema\\_%') as warnings
    from newest n) g on true
  union all
  select 's3_refusing', coalesce(e.state = 'failed' and e.failure_code like 'HF2__', false), 'critical',
         format('the bucket refused export %s: %s %s', e.run_id, e.failure_code, e.failure_message),
         jsonb_build_object('run_id', e.run_id, 'code', e.failure_code)
  from asked left join ended e on true
  union all
  select 'job_failing', count(j.job_name) > 0, 'critical',
         format('scheduled jobs fail: %s', string_agg(format('%s (%s)', j.job_name, j.error_code), ', ' order by j.job_name)),
         jsonb_build_object('jobs', jsonb_agg(jsonb_build_object('job', j.job_name, 'code', j.error_code) order by j.job_name))
  from jobs j
  union all
  select 'delivery_failing', count(*) > 0, 'warning',
         format('alerts do not arrive: %s', string_agg(concat_ws(': ', d.channel, d.error), '; ' order by d.channel)),
         jsonb_build_object('channels', jsonb_agg(d.channel order by d.channel))
  from delivered d
  union all
  select 'ledger_growth', l.bytes > s.ledger_max_bytes, 'warning',
         format('the tables of schema backup hold %s, more than settings.ledger_max_bytes (%s)', pg_size_pretty(l.bytes), pg_size_pretty(s.ledger_max_bytes)),
         jsonb_build_object('bytes', l.bytes)
  from settings s cross join ledger l
$$;

comment on function backup.alert_causes(timestamptz) is
  'What should alarm at a time, judged from the ledger: one row per cause, with whether it is present. backup.settle_alerts() acts on it each minute.';
revoke all on function backup.alert_causes(timestamptz) from public;

-- sql/functions/keeper_snapshot.sql
-- requires: tables/runs.sql
-- backup.keeper_snapshot(p_run_id)
--
-- Why: the only proof that a snapshot is still held is the living session that holds it: same process, same start,
-- same application_name. A process id alone may belong to somebody else by now.
create or replace function backup.keeper_snapshot(p_run_id text, out snapshot_id text, out held_since timestamptz)
language sql
volatile
set search_path = ''
as $$
  select substr(a.application_name, length('holdfast:' || r.run_id || ':') + 1), a.xact_start
  from backup.runs r
  join pg_stat_activity a on a.pid = r.keeper_pid and a.backend_start = r.keeper_backend_start
  where r.run_id = p_run_id
    and starts_with(a.application_name, 'holdfast:' || r.run_id || ':')
$$;

comment on function backup.keeper_snapshot(text) is 'Snapshot that the keeper of a run holds right now; nulls when there is no living keeper.';
revoke all on function backup.keeper_snapshot(text) from public;

-- sql/functions/unschedule.sql
-- backup.unschedule(p_job_name)
--
-- Why: cron.unschedule() raises for a job that is not there, and the schema may be missing altogether. A role that may not
-- use it has no jobs there; refusing it would keep the end of a run from being recorded. Row security is on, because
-- cron.job shows a role its own jobs, and workers have it off, which makes that an error.
create or replace function backup.unschedule(p_job_name text)
returns boolean
language plpgsql
set search_path = ''
set row_security = on
as $$
declare
  v_found boolean := false;
begin
  if not coalesce(has_schema_privilege(to_regnamespace('cron')::oid, 'usage'), false) then
    return false;
  end if;
  if to_regclass('cron.job') is null then
    return false;
  end if;
  execute 'select count(*) > 0 from cron.job where jobname = $1' into v_found using p_job_name;
  if v_found then
    execute 'select cron.unschedule($1)' using p_job_name;
  end if;
  return v_found;
end;
$$;

comment on function backup.unschedule(text) is 'Removes a pg_cron job if it is there; returns whether it was.';
revoke all on function backup.unschedule(text) from public;

-- sql/functions/fail_run.sql
-- requires: tables/runs.sql, functions/unschedule.sql, functions/raise_alert.sql
-- backup.fail_run(p_run_id, p_code, p_message, p_detail)
--
-- Why: a run fails once, with the first reason; what comes later is a consequence and must not hide it.
-- Whatever ends a run ends it here, so the alert export_failed cannot be forgotten; finish_run() takes it back. It is
-- critical unless a person cancelled the run (HF008), who knows.
-- Returns whether this call was the one that ended the run.
create or replace function backup.fail_run(p_run_id text, p_code text, p_message text, p_detail text default null)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_ended boolean;
begin
  update backup.runs r
     set state = 'failed', finished_at = clock_timestamp(),
         failure_code = p_code, failure_message = p_message, failure_detail = p_detail
   where r.run_id = p_run_id and r.state in ('starting', 'exporting');
  v_ended := found;
  if v_ended then
    perform backup.unschedule('holdfast-keeper-' || p_run_id);
    -- Messages of runs hold neither row values nor secrets; a detail may quote the server and stays in backup.runs.
    perform backup.raise_alert('export_failed', case p_code when 'HF008' then 'warning' else 'critical' end,
      format('export failed: %s %s', p_code, p_message), jsonb_build_object('run_id', p_run_id, 'code', p_code));
  end if;
  return v_ended;
end;
$$;

comment on function backup.fail_run(text, text, text, text) is
  'Ends an active run as failed with a code of docs/errors.md or a SQLSTATE, and raises the alert export_failed. False when the run had already ended.';
revoke all on function backup.fail_run(text, text, text, text) from public;

-- sql/functions/begin_export.sql
-- requires: tables/runs.sql, functions/keeper_snapshot.sql, functions/fail_run.sql
-- backup.begin_export(p_run_id)
--
-- Why: workers ask this before they read. It moves a run from starting to exporting once the keeper has published its
-- snapshot, and ends the run when the keeper is gone: rows of two snapshots are never mixed.
-- Returns the snapshot id, or null while the keeper has not appeared. Errors: HF001, HF003, HF300 (the run has failed).
create or replace function backup.begin_export(p_run_id text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_run    backup.runs;
  v_keeper record;
begin
  select * into v_run from backup.runs r where r.run_id = p_run_id for update;
  if not found then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_run_id),
      hint = 'List runs with select * from backup.runs order by run_id desc.';
  end if;
  if v_run.state in ('complete', 'failed', 'expired') then
    raise exception using errcode = 'HF003', message = format('run %s has already ended as %s', p_run_id, v_run.state),
      detail = coalesce(v_run.failure_message, ''), hint = 'Start another run with backup.start_run().';
  end if;

  select * into v_keeper from backup.keeper_snapshot(p_run_id);
  if v_run.state = 'starting' then
    if v_keeper.snapshot_id is not null then
      update backup.runs r
         set state = 'exporting', snapshot_id = v_keeper.snapshot_id, snapshot_at = v_keeper.held_since
       where r.run_id = p_run_id;
    end if;
    return v_keeper.snapshot_id;
  end if;

  if v_keeper.snapshot_id is distinct from v_run.snapshot_id then
    perform backup.fail_run(p_run_id, 'HF300', 'snapshot lost', 'The session that held the snapshot has ended.');
    return null;
  end if;
  return v_run.snapshot_id;
end;
$$;

comment on function backup.begin_export(text) is
  'Snapshot id to import for a run; null while its keeper has not appeared or when the run has just failed because the keeper is gone. Errors: HF001, HF003.';
revoke all on function backup.begin_export(text) from public;

-- sql/views/restore_points.sql
-- requires: tables/runs.sql, tables/drills.sql, tables/policies.sql, tables/verifications.sql
create or replace view backup.restore_points with (security_invoker = true) as
select
  r.run_id,
  r.tier,
  r.snapshot_at,
  now() - r.snapshot_at as age,
  proven.finished_at is not null as verified,
  proven.finished_at as verified_at,
  checked.verdict as last_check,
  checked.finished_at as last_checked_at,
  -- In UTC: a day is a day, also where the session's time zone changes its clocks.
  (r.snapshot_at at time zone 'UTC' + p.retention) at time zone 'UTC' as expires_at,
  r.rows,
  r.raw_bytes,
  r.stored_bytes,
  jsonb_array_length(r.warnings) as warnings,
  r.manifest_key,
  r.manifest_sha256,
  r.archived
from backup.runs r
left join lateral (
  select max(s.retention) as retention from backup.policies s where s.provider = 'aws_s3' and s.tier = r.tier
) as p on true
left join lateral (
  select d.finished_at from backup.drills d
  where d.run_id = r.run_id and d.verdict = 'passed'
    -- A manifest that was exchanged after the export is not what this row stands for.
    and coalesce(d.manifest_sha256 = r.manifest_sha256, true)
  order by d.finished_at desc limit 1
) as proven on true
left join lateral (
  select v.verdict, v.finished_at from backup.verifications v
  where v.run_id = r.run_id and v.verdict is not null order by v.finished_at desc limit 1
) as checked on true
where r.state = 'complete'
order by r.snapshot_at desc;

grant select on backup.restore_points to service_role;
comment on view backup.restore_points is
  'Every backup that can be restored, newest first. A run without a manifest is not here, because it is not a backup.';
comment on column backup.restore_points.snapshot_at is 'A restore brings the data back as it was at this time.';
comment on column backup.restore_points.verified is 'True once a drill restored this very backup and found it equal.';
comment on column backup.restore_points.last_check is 'Verdict of the newest verification that examined this backup''s objects. It is not a restore.';
comment on column backup.restore_points.expires_at is 'When retention may delete it, from the policy of its tier.';
comment on column backup.restore_points.raw_bytes is 'Size of the data before compression.';
comment on column backup.restore_points.warnings is 'Number of things this backup does not cover; see warnings in backup.runs.';
comment on column backup.restore_points.manifest_key is 'Object key of the manifest. Bucket and key are enough to restore.';
comment on column backup.restore_points.run_id is 'The run that made it; what holdfast restore --from takes.';
comment on column backup.restore_points.tier is 'Decides how long it is kept.';
comment on column backup.restore_points.age is 'Time since snapshot_at: what a restore of it would lose.';
comment on column backup.restore_points.verified_at is 'When the newest such drill ended.';
comment on column backup.restore_points.last_checked_at is 'When that verification ended.';
comment on column backup.restore_points.rows is 'Rows of all tables.';
comment on column backup.restore_points.archived is 'Its rows have to be thawed before they can be read: holdfast restore --thaw. Drills by functions leave it out.';
comment on column backup.restore_points.stored_bytes is 'Size of all its objects in the bucket.';
comment on column backup.restore_points.manifest_sha256 is 'Digest of the manifest as it was written; a drill of another manifest does not verify this backup.';

-- sql/functions/retention_plan.sql
-- requires: types/tier.sql, types/run_state.sql, tables/runs.sql, tables/drills.sql, tables/policies.sql, tables/settings.sql, views/restore_points.sql
-- backup.retention_plan(p_now)
--
-- Why: the one place that says which run may go. It only answers; marking and deleting ask it.
-- A complete run is kept for the retention of its tier, counted from its snapshot and never from its name. By the calendar (UTC,
-- ISO weeks) the first complete run of a day, week or month is also kept for the retention of that tier, whatever its own tier
-- is. A deleted run still counts as the first of its period, or the run after it would take its place and stay once more as long.
-- Whatever their age, the newest verified and the newest complete runs are kept, so many of each as backup.settings says. A run
-- dated ahead of p_now, by a clock that was wrong, is kept for its time and stands for none of these: it would be the newest for years.
-- Failed runs count for nothing and go when they are no longer of interest to who looks for the reason.
-- Errors: HF600 no policy gives a tier a retention.
create or replace function backup.retention_plan(p_now timestamptz default now())
returns table (run_id text, tier backup.tier, state backup.run_state, snapshot_at timestamptz, verified boolean,
               decision text, reasons text[], expires_at timestamptz)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
  if not exists (select from backup.policies p where p.provider = 'aws_s3' and p.tier is not null) then
    raise exception using errcode = 'HF600', message = 'no policy gives a tier of exports a retention',
      detail = 'Without one every run would expire.',
      hint = 'Set one with holdfast policies set secondary_weekly --retention "90 days".';
  end if;
  return query
  with policy as (
    select p.tier, max(p.retention) as retention, case p.tier when 'daily' then 'day' when 'weekly' then 'week' else 'month' end as period
    from backup.policies p where p.provider = 'aws_s3' and p.tier is not null group by p.tier
  ), setting as (
    select s.retention_minimum, s.retention_debris_age from backup.settings s
  ), proven as materialized (
    -- Looked up by hash: joined, a plan made while there were few runs is quadratic with many. The array, so that the view looks
    -- at no run that no drill has passed.
    select v.run_id from backup.restore_points v
    where v.verified and v.run_id = any (array(select d.run_id from backup.drills d where d.verdict = 'passed'))
  ), good as (
    select r.run_id, r.tier, r.state, r.snapshot_at as snapshot_at, r.snapshot_at at time zone 'UTC' as taken,
           v.verified,
           row_number() over (partition by r.state order by r.snapshot_at > p_now, r.snapshot_at desc, r.run_id desc) as newness,
           row_number() over (partition by r.state, v.verified order by r.snapshot_at > p_now, r.snapshot_at desc, r.run_id desc) as newness_among_verified,
           row_number() over (partition by date_trunc('day', r.snapshot_at at time zone 'UTC') order by r.snapshot_at, r.run_id) = 1 as first_of_day,
           row_number() over (partition by date_trunc('week', r.snapshot_at at time zone 'UTC') order by r.snapshot_at, r.run_id) = 1 as first_of_week,
           row_number() over (partition by date_trunc('month', r.snapshot_at at time zone 'UTC') order by r.snapshot_at, r.run_id) = 1 as first_of_month
    from backup.runs r cross join lateral (select r.run_id in (select o.run_id from proven o) as verified) v
    where r.state in ('complete', 'expired')
  ), judged as (
    select g.run_id, g.tier, g.state, g.snapshot_at, g.verified, t.until,
           coalesce(t.kept, '{}')
           || case when t.own then '{}'::text[] else array['no_policy'] end
           || case when g.verified and g.newness_among_verified = 1 then array['newest_verified'] else '{}' end
           || case when g.verified and g.newness_among_verified <= s.retention_minimum then array['minimum_verified'] else '{}' end
           || case when g.newness <= s.retention_minimum then array['minimum_complete'] else '{}' end as kept
    from good g cross join setting s
    cross join lateral (
      select array_agg(x.reason order by x.rank) filter (where x.until > p_now) as kept,
             max(x.until) as until, coalesce(bool_or(x.rank = 0), false) as own
      from (
        select 0 as rank, 'tier_' || p.tier as reason, (g.taken + p.retention) at time zone 'UTC' as until from policy p where p.tier = g.tier
        union all
        select 1 + case p.period when 'day' then 0 when 'week' then 1 else 2 end, 'first_of_' || p.period, (g.taken + p.retention) at time zone 'UTC'
        from policy p where case p.period when 'day' then g.first_of_day when 'week' then g.first_of_week else g.first_of_month end
      ) x
    ) t
    where g.state = 'complete'
    union all
    select r.run_id, r.tier, r.state, r.snapshot_at, false, r.finished_at + s.retention_debris_age,
           case when r.state <> 'failed' then array['active'] when r.finished_at + s.retention_debris_age > p_now then array['failed_lately'] else '{}' end
    from backup.runs r cross join setting s
    where r.state in ('starting', 'exporting', 'failed') and r.objects_deleted_at is null
    union all
    -- Once its manifest may be gone there is no way back.
    select r.run_id, r.tier, r.state, r.snapshot_at, false, null, '{}' from backup.runs r where r.state = 'expired' and r.objects_deleted_at is null
  )
  select j.run_id, j.tier, j.state, j.snapshot_at, j.verified,
         case when j.kept = '{}' then 'expire' else 'keep' end,
         case when j.kept <> '{}' then j.kept
              when j.state = 'failed' then array['failed'] when j.state = 'expired' then array['being_deleted'] else array['past_retention'] end,
         j.until
  from judged j
  order by j.snapshot_at desc nulls first, j.run_id desc;
end
$$;

comment on function backup.retention_plan(timestamptz) is
  'Every run that is not deleted, newest first, with keep or expire at a time, the reasons, and when the time of its tier and period ends. Decides only; nothing is marked or deleted. Errors: HF600.';
revoke all on function backup.retention_plan(timestamptz) from public;

-- sql/functions/begin_sweep.sql
-- requires: tables/retention_marks.sql, tables/runs.sql, tables/drills.sql, functions/retention_plan.sql, functions/_held_sweep.sql
-- backup.begin_sweep(p_run_id, p_claim_id, p_now)
--
-- Why: the last question before the first deletion. The plan is asked once more, because runs, drills and policies may have
-- changed since the mark, and a drill may have begun to restore this run since the claim. Then the ledger stops calling the run a
-- restore point, before the bucket does.
-- Returns false when the run is to be kept after all; its mark is gone then. Errors: HF602 the claim is not held, HF600.
create or replace function backup.begin_sweep(p_run_id text, p_claim_id uuid, p_now timestamptz default now())
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_sweep(p_run_id, p_claim_id);
  -- Two processes that each expire a run must not both believe the other one's is kept.
  perform s.id from backup.settings s for update;
  if not exists (select from backup.retention_plan(p_now) p where p.run_id = p_run_id and p.decision = 'expire')
     or exists (select from backup.drills d where d.run_id = p_run_id and d.state = 'running') then
    delete from backup.retention_marks m where m.run_id = p_run_id;
    return false;
  end if;
  update backup.runs r set state = 'expired' where r.run_id = p_run_id and r.state = 'complete';
  return true;
end;
$$;

comment on function backup.begin_sweep(text, uuid, timestamptz) is
  'Asks the plan once more and makes a run expired, so that its objects may be deleted; false when it is to be kept after all. Errors: HF600, HF602.';
revoke all on function backup.begin_sweep(text, uuid, timestamptz) from public;

-- sql/functions/cancel_run.sql
-- requires: functions/fail_run.sql
-- backup.cancel_run(p_run_id)
--
-- Why: a person who wants a run to stop should not have to know how a failure is recorded. Workers notice at their next
-- report; what they stored is debris that retention collects.
create or replace function backup.cancel_run(p_run_id text)
returns boolean
language sql
set search_path = ''
as $$
  select backup.fail_run(p_run_id, 'HF008', 'run was cancelled')
$$;

comment on function backup.cancel_run(text) is 'Ends an active run at the wish of a person; false when it had already ended.';
revoke all on function backup.cancel_run(text) from public;

-- sql/functions/check_bucket_owner.sql
-- requires: tables/settings.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup.check_bucket_owner(p_ref)
--
-- Why: a physical copy of a project has its ledger and, once its functions are deployed with the same secrets, its bucket. What the copy
-- deletes is the source's. So the first project that applies retention is remembered in backup.settings.bucket_owner, which a copy
-- takes along, and every other one is refused. p_ref: reference of the hosted project that asks, from its address; null where there is
-- none, as on a server of one's own. A ledger without an owner whose folder is named as a hosted project belongs to that one.
-- Returns null when p_ref may delete, else the owner; the alert is raised here, as an error would take it back.
create or replace function backup.check_bucket_owner(p_ref text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_owner text;
begin
  select coalesce(s.bucket_owner, case when s.project_ref ~ '^[a-z]{20}$' then s.project_ref end) into v_owner
  from backup.settings s for no key update;
  if v_owner is not null and v_owner is distinct from p_ref then
    perform backup.raise_alert('bucket_of_another', 'critical',
      format('retention is refused: the backups that this ledger lists belong to project %s, and this is %s', v_owner, coalesce(p_ref, 'another database')),
      jsonb_build_object('owner', v_owner, 'project', p_ref));
    return v_owner;
  end if;
  update backup.settings s set bucket_owner = p_ref where s.bucket_owner is null and p_ref is not null;
  perform backup.resolve_alert('bucket_of_another');
  return null;
end;
$$;

comment on function backup.check_bucket_owner(text) is
  'Null when the hosted project of this reference may delete what the ledger lists, and the first to ask may; else the reference of the project it belongs to, with an alert.';
revoke all on function backup.check_bucket_owner(text) from public;

-- sql/functions/check_constraints.sql
-- requires: functions/_constraint_tests.sql, functions/_read_only.sql
-- backup.check_constraints(schema, table)
--
-- Why: the catalog's word that a rule holds is worth nothing after corruption, a function redefined under a CHECK, or a
-- load that bypassed it, and a restore would stop at the first violating row. Every CHECK, NOT NULL and domain rule is
-- evaluated on the rows, read-only, in one scan per table; partitions are examined one by one.
-- Findings: one per rule that fails, one "passed" per table for the rest. A constraint that is NOT VALID fails with
-- the statement that validates it, also when no row violates it, unless the table belongs to a role whose tables the
-- caller cannot alter (auth, storage): nobody here could act on that. Foreign keys are evaluated by check_foreign_keys;
-- only their missing validation is reported here. Unique and exclusion rules live in indexes: see check_indexes.
-- Not examined: domains inside arrays and composite types. Rules that are not enforced are skipped.
-- To spread the work, call it once per table: p_schema and p_table narrow it to names, not patterns.
-- Locks: ACCESS SHARE on each table until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_constraints(p_schema text default null, p_table text default null)
returns setof backup.finding
language plpgsql
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_table    record;
  v_rule     record;
  v_counts   jsonb;
  v_held     integer;
  v_broken   boolean;
  v_evidence jsonb;
begin
  for v_table in
    select t.*, pg_catalog.pg_has_role(t.relowner, 'usage') as alterable
    from backup._checked_tables(p_schema, p_table) t
  loop
    v_held := 0;
    v_counts := null;
    if v_table.relkind = 'r' then
      begin
        select backup._read_only(format('select jsonb_build_object(%s) from %s',
          string_agg(format('%L, count(*) filter (where %s)', x.rule, x.violated), ', '), v_table.relation))
        into v_counts
        from (select * from backup._constraint_tests(v_table.relid) limit 45) x
        where x.enforced
          -- jsonb_build_object takes at most 100 arguments; wider tables are examined rule by rule.
          and (select count(*) from backup._constraint_tests(v_table.relid)) <= 45;
      exception when others then
        v_counts := null;
      end;

      for v_rule in select * from backup._constraint_tests(v_table.relid) order by rule loop
        v_evidence := jsonb_build_object('definition', v_rule.definition, 'validated', v_rule.validated);
        if not v_rule.enforced then
          return next ('check_constraints', format('%s.%s', v_table.subject, v_rule.rule), 'skipped'::backup.verdict,
            'no row violates it', 'the constraint is not enforced', v_evidence)::backup.finding;
          continue;
        end if;
        begin
          -- One rule that cannot be evaluated spoils the shared scan; then each is examined alone.
          v_evidence := v_evidence || jsonb_build_object('violations', coalesce(v_counts -> v_rule.rule,
            backup._read_only(format('select to_jsonb(count(*) filter (where %s)) from %s', v_rule.violated, v_table.relation))));
        exception
          when check_violation or not_null_violation then
            if not v_rule.is_domain then
              return next backup._finding_of_error('check_constraints', format('%s.%s', v_table.subject, v_rule.rule),
                'no row violates it', sqlstate, null);
            else
              return next ('check_constraints', format('%s.%s', v_table.subject, v_rule.rule), 'failed'::backup.verdict,
                'no row violates it', 'at least one row violates it',
                v_evidence || jsonb_build_object('sqlstate', sqlstate))::backup.finding;
            end if;
            continue;
          when others then
            return next backup._finding_of_error('check_constraints', format('%s.%s', v_table.subject, v_rule.rule),
              'no row violates it', sqlstate, sqlerrm);
            continue;
        end;
        v_broken := (v_evidence ->> 'violations')::bigint > 0;
        if v_broken or (not v_rule.validated and v_table.alterable) then
          return next ('check_constraints', format('%s.%s', v_table.subject, v_rule.rule), 'failed'::backup.verdict,
            'no row violates it, and it is validated',
            concat_ws(', ', case when v_broken then format('%s rows violate it', v_evidence ->> 'violations')
                                 when not v_rule.validated then 'no row violates it' end,
              case when not v_rule.validated then 'NOT VALID' end),
            v_evidence)::backup.finding;
        else
          v_held := v_held + 1;
        end if;
      end loop;
      if v_held > 0 then
        return next ('check_constraints', v_table.subject, 'passed'::backup.verdict, 'no row violates a rule',
          format('%s rules hold', v_held), jsonb_build_object('rules', v_held))::backup.finding;
      end if;
    end if;

    return query
      select 'check_constraints', format('%s.%I', v_table.subject, c.conname), 'failed'::backup.verdict, 'validated',
        'NOT VALID', jsonb_build_object('definition', pg_catalog.pg_get_constraintdef(c.oid), 'validated', false,
          'validate_with', format('alter table %s validate constraint %I;', v_table.subject, c.conname))
      from pg_catalog.pg_constraint c
      where c.conrelid = v_table.relid and c.contype = 'f' and not c.convalidated and c.conparentid = 0
        and coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) and v_table.alterable
      order by c.conname;
  end loop;
end
$$;

comment on function backup.check_constraints(text, text) is
  'Evaluates every CHECK, NOT NULL and domain rule on the rows and reports constraints that are NOT VALID. Arguments narrow it to a schema and a table.';
revoke all on function backup.check_constraints(text, text) from public;

-- sql/functions/check_critical_data.sql
-- requires: tables/critical_tables.sql
-- backup.check_critical_data(schema, table, as of)
--
-- Why: a database can be intact and still be useless, when the rows that matter are missing, hollow or stale. What
-- matters is configured in backup.critical_tables; without a row there, this check finds nothing to do.
-- One finding per configured table and aspect: presence, rows, required columns, freshness, predicate. Aspects of a missing table are
-- not examined. A predicate runs read-only; rows where it is null count as violations.
-- Freshness is judged as of p_as_of: in a restored database, the time of the snapshot and not the time of the look.
-- To spread the work, call it once per table: p_schema and p_table narrow it to names, not patterns.
-- Locks: ACCESS SHARE on each table until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_critical_data(
  p_schema text default null,
  p_table  text default null,
  p_as_of  timestamptz default now()
)
returns setof backup.finding
language plpgsql
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_table    record;
  v_aspect   record;
  v_result   jsonb;
  v_expected text;
begin
  for v_table in
    select k.*, format('%I.%I', k.schema_name, k.table_name) as subject, c.oid as relid, c.relkind,
           format('%s%I.%I', case when c.relkind = 'r' and not exists (
               select from pg_catalog.pg_inherits i where i.inhparent = c.oid) then 'only ' else '' end,
             k.schema_name, k.table_name) as relation
    from backup.critical_tables k
    left join pg_catalog.pg_namespace n on n.nspname::text = k.schema_name
    left join pg_catalog.pg_class c
      on c.relnamespace = n.oid and c.relname::text = k.table_name and c.relkind in ('r', 'p')
    where (p_schema is null or k.schema_name = p_schema) and (p_table is null or k.table_name = p_table)
    order by k.schema_name, k.table_name
  loop
    return next ('check_critical_data', v_table.subject,
      case when v_table.relid is null then 'failed' else 'passed' end::backup.verdict, 'the table exists',
      case when v_table.relid is null then 'the table is missing' else 'the table exists' end,
      jsonb_build_object('aspect', 'present'))::backup.finding;
    continue when v_table.relid is null;

    for v_aspect in
      select a.*, e.attname is null as missing
      from (
        select 1 as position, 'rows' as aspect, null::text as column_name,
               format('select jsonb_build_object(''ok'', count(*) >= %s, ''actual'', count(*) || '' rows'') from %s',
                      v_table.min_rows, v_table.relation) as query,
               format('at least %s rows', v_table.min_rows) as expected
        union all
        select 2, 'required column', r.column_name,
               format('select jsonb_build_object(''ok'', count(*) = 0, ''actual'', count(*) || '' rows without a value'') '
                      'from %s t where num_nulls(t.%I) > 0%s', v_table.relation, r.column_name,
                      -- Domains over text are text to the reader, so the category is asked of the base type.
                      case when y.typcategory = 'S' then format(' or btrim(t.%I::text, E'' \\t\\r\\n'') = ''''', r.column_name) else '' end),
               format('%I is filled in every row', r.column_name)
        from unnest(v_table.required_columns) as r (column_name)
        left join pg_catalog.pg_attribute a on a.attrelid = v_table.relid and a.attname::text = r.column_name
        left join pg_catalog.pg_type y on y.oid = a.atttypid
        union all
        select 3, 'freshness', v_table.freshness_column,
               format('select jsonb_build_object(''ok'', coalesce(max(t.%1$I) >= %4$L::timestamptz - %2$L::interval, false), '
                      '''actual'', coalesce(''newest row is '' || date_trunc(''second'', age(%4$L::timestamptz, max(t.%1$I)::timestamptz)) '
                      '|| '' old'', ''no row has a time'')) from %3$s t', v_table.freshness_column, v_table.max_age, v_table.relation, p_as_of),
               format('newest %I is at most %s old', v_table.freshness_column, v_table.max_age)
        where v_table.freshness_column is not null
        union all
        -- The line break keeps a comment at the end of the predicate from swallowing the parenthesis.
        select 4, 'predicate', null,
               format(E'select jsonb_build_object(''ok'', count(*) = 0, ''actual'', count(*) || '' rows violate it'') '
                      'from %s t where ((%s\\n) is not true)', v_table.relation, v_table.predicate),
               'the predicate is true in every row'
        where v_table.predicate is not null
      ) a
      left join pg_catalog.pg_attribute e
        on e.attrelid = v_table.relid and e.attname::text = a.column_name and e.attnum > 0 and not e.attisdropped
      order by a.position, a.column_name
    loop
      if v_aspect.missing and v_aspect.column_name is not null then
        return next ('check_critical_data', v_table.subject, 'failed'::backup.verdict, v_aspect.expected,
          'the column is missing',
          jsonb_build_object('aspect', v_aspect.aspect, 'column', v_aspect.column_name))::backup.finding;
        continue;
      end if;
      begin
        v_result := backup._read_only(v_aspect.query);
        return next ('check_critical_data', v_table.subject,
          case when (v_result ->> 'ok')::boolean then 'passed' else 'failed' end::backup.verdict,
          v_aspect.expected, v_result ->> 'actual',
          jsonb_strip_nulls(jsonb_build_object('aspect', v_aspect.aspect, 'column', v_aspect.column_name)))::backup.finding;
      exception when others then
        return next backup._finding_of_error('check_critical_data', v_table.subject, v_aspect.expected, sqlstate, sqlerrm);
      end;
    end loop;
  end loop;
end
$$;

comment on function backup.check_critical_data(text, text, timestamptz) is
  'Examines each table of backup.critical_tables: present, enough rows, required columns filled, fresh, predicate true. Arguments narrow it to a schema and a table, and name the time freshness is judged as of.';
revoke all on function backup.check_critical_data(text, text, timestamptz) from public;

-- sql/functions/check_drill_age.sql
-- requires: tables/drills.sql, tables/settings.sql
-- backup.check_drill_age()
--
-- Why: a backup nobody has restored is a hope. The limit is backup.settings.drill_max_age. A failed newest drill fails here
-- until one passes.
create or replace function backup.check_drill_age()
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with wanted as (
    select s.drill_max_age, format('a drill passed within %s', s.drill_max_age) as words from backup.settings s
  ), newest as (
    select d.*, clock_timestamp() - d.finished_at as age
    from backup.drills d
    where d.verdict is not null and d.verdict <> 'skipped'
    order by d.finished_at desc
    limit 1
  )
  select 'check_drill_age', 'newest drill',
    (case when n.verdict <> 'passed' then n.verdict::text
          when n.age > w.drill_max_age then 'failed'
          else 'passed' end)::backup.verdict,
    w.words,
    format('%s %s days ago', n.verdict, extract(day from n.age)) || coalesce(': ' || n.failure_message, ''),
    jsonb_build_object('drill_id', n.drill_id, 'run_id', n.run_id, 'finished_at', n.finished_at, 'state', n.state,
                       'failure_code', n.failure_code,
                       'age_days', round(extract(epoch from n.age) / 86400, 1),
                       'seconds', round(extract(epoch from n.finished_at - n.started_at), 1))
  from newest n cross join wanted w
  union all
  select 'check_drill_age', 'newest drill', 'skipped'::backup.verdict,
    w.words, 'no drill has been run; restores are not proven yet', '{}'::jsonb
  from wanted w
  where not exists (select from newest)
$$;

comment on function backup.check_drill_age() is
  'Fails when the newest drill failed or is older than backup.settings.drill_max_age; skipped while there has never been one.';
revoke all on function backup.check_drill_age() from public;

-- sql/functions/check_foreign_keys.sql
-- requires: functions/_foreign_key_queries.sql
-- backup.check_foreign_keys(schema, table, samples)
--
-- Why: rows loaded with triggers off (a restore, a replica, a repair by hand) can break a foreign key that the catalog
-- calls valid. Every key is evaluated on the rows themselves and orphans are counted exactly.
-- One finding per foreign key, passed or not. A key of a partitioned table is examined once, through the parent; the
-- copies on its partitions are not examined again. A NOT VALID key is examined as any other and says so;
-- check_constraints() is where a missing validation itself fails.
-- Skipped: keys that are not enforced. Inconclusive: temporal keys (PERIOD), tables that cannot be read.
-- Cost: one hash anti-join per key; to spread it, call it once per referencing table with p_schema and p_table.
-- Locks: ACCESS SHARE on both tables until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_foreign_keys(
  p_schema  text default null,
  p_table   text default null,
  p_samples integer default 5
)
returns setof backup.finding
language plpgsql
stable
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_key      record;
  v_orphans  jsonb;
  v_partial  jsonb;
  v_evidence jsonb;
  v_rows     bigint;
begin
  for v_key in
    select format('%s.%I', t.subject, c.conname) as subject, pg_catalog.pg_get_constraintdef(c.oid) as definition,
           c.convalidated, q.orphans, q.partial,
           coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) as enforced,
           coalesce((to_jsonb(c) ->> 'conperiod')::boolean, false) as temporal
    from backup._checked_tables(p_schema, p_table) t
    join pg_catalog.pg_constraint c on c.conrelid = t.relid and c.contype = 'f' and c.conparentid = 0
    cross join lateral backup._foreign_key_queries(c.oid, p_samples) q
    order by t.schema_name, t.table_name, c.conname
  loop
    v_evidence := jsonb_build_object('definition', v_key.definition, 'validated', v_key.convalidated);

    if not v_key.enforced or v_key.temporal then
      return next ('check_foreign_keys', v_key.subject,
        case when v_key.enforced then 'inconclusive' else 'skipped' end::backup.verdict, 'no orphans',
        case when v_key.enforced then 'temporal foreign keys are not examined' else 'the key is not enforced' end,
        v_evidence)::backup.finding;
      continue;
    end if;

    begin
      execute v_key.orphans into v_orphans;
      v_partial := null;
      if v_key.partial is not null then
        execute v_key.partial into v_partial;
      end if;
    exception when others then
      return next backup._finding_of_error('check_foreign_keys', v_key.subject, 'no orphans', sqlstate, sqlerrm);
      continue;
    end;

    v_rows := (v_orphans ->> 'rows')::bigint + coalesce((v_partial ->> 'rows')::bigint, 0);
    v_evidence := v_evidence || jsonb_build_object('orphans', v_orphans -> 'rows');
    if v_partial is not null then
      v_evidence := v_evidence || jsonb_build_object('partly_null', v_partial -> 'rows');
    end if;
    if v_rows > 0 then
      v_evidence := v_evidence || jsonb_build_object('samples',
        (v_orphans -> 'samples') || coalesce(v_partial -> 'samples', '[]'));
    end if;

    return next ('check_foreign_keys', v_key.subject,
      case when v_rows = 0 then 'passed' else 'failed' end::backup.verdict, 'no orphans',
      concat_ws(', ',
        case when v_orphans ->> 'rows' = '0' then 'no orphans' else v_orphans ->> 'rows' || ' orphans' end,
        case when (v_partial ->> 'rows')::bigint > 0 then v_partial ->> 'rows' || ' partly null keys' end,
        case when not v_key.convalidated then 'the key is NOT VALID' end),
      v_evidence)::backup.finding;
  end loop;
end
$$;

comment on function backup.check_foreign_keys(text, text, integer) is
  'Counts, for every foreign key, the rows that reference nothing; evidence names some of them by address and surrogate key. Arguments narrow it to the keys of a schema and a table.';
revoke all on function backup.check_foreign_keys(text, text, integer) from public;

-- sql/functions/check_indexes.sql
-- requires: functions/_amcheck_call.sql
-- backup.check_indexes(schema, table, deep)
--
-- Why: an index that is invalid, not ready or not live does not enforce uniqueness and is not used, and a corrupt one
-- gives wrong answers without an error. State comes from the catalog; the structure of B-trees is verified with
-- amcheck where the server has it and the caller may execute it, else one finding says why it was skipped.
-- An index of a partitioned table is invalid as long as some partition lacks it, as between CREATE INDEX … ON ONLY and the
-- last ATTACH PARTITION; no rebuilding ends that, so those partitions are named instead.
-- Findings: one per index that fails, one "passed" per table for the rest. p_deep also compares each index with its
-- table, row by row, and unique ones for duplicates (amcheck 1.4); that reads the whole table.
-- To spread the work, call it once per table: p_schema and p_table narrow it to names, not patterns.
-- Locks: ACCESS SHARE on each table and index until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_indexes(
  p_schema text default null,
  p_table  text default null,
  p_deep   boolean default false
)
returns setof backup.finding
language plpgsql
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  v_table   record;
  v_index   record;
  v_call    text;
  v_reason  text;
  v_sound   integer;
  v_read    integer;
  v_state   text;
  v_lacking text[];
begin
  select a.call, a.reason into v_call, v_reason from backup._amcheck_call(p_deep) a;
  if v_call is null then
    return next ('check_indexes', 'amcheck', 'skipped'::backup.verdict, 'the structure of B-tree indexes is verified',
      v_reason, '{}'::jsonb)::backup.finding;
  end if;

  for v_table in
    select t.* from backup._checked_tables(p_schema, p_table) t
    where exists (select from pg_catalog.pg_index i where i.indrelid = t.relid)
  loop
    v_sound := 0; v_read := 0;
    for v_index in
      select c.oid, format('%I.%I', n.nspname, c.relname) as name, i.indisvalid, i.indisready, i.indislive, i.indisunique,
             c.relkind = 'i' and m.amname = 'btree' as is_btree, c.relkind = 'I' as is_partitioned
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_am m on m.oid = c.relam
      where i.indrelid = v_table.relid
      order by c.relname
    loop
      v_state := concat_ws(', ', case when not v_index.indisvalid then 'invalid' end,
        case when not v_index.indisready then 'not ready' end, case when not v_index.indislive then 'not live' end);
      v_lacking := null;
      if not v_index.indisvalid and v_index.is_partitioned then
        select array_agg(format('%I.%I', n.nspname, c.relname) order by n.nspname, c.relname) into v_lacking
        from pg_catalog.pg_partition_tree(v_table.relid) p
        join pg_catalog.pg_class c on c.oid = p.relid and c.relkind <> 'f'
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where not exists (select from pg_catalog.pg_partition_tree(v_index.oid) t join pg_catalog.pg_index x on x.indexrelid = t.relid where x.indrelid = p.relid);
      end if;
      if v_lacking is not null then
        return next ('check_indexes', v_index.name, 'failed'::backup.verdict, 'every partition has it',
          format('%s partitions lack it', cardinality(v_lacking)),
          jsonb_build_object('table', v_table.subject, 'on_all_partitions', false, 'lacking', v_lacking[1:20],
            'repair_with', format('create index … on %s …; alter index %s attach partition …;', v_lacking[1], v_index.name)))::backup.finding;
        continue;
      elsif v_state <> '' then
        return next ('check_indexes', v_index.name, 'failed'::backup.verdict, 'valid, ready and live', v_state,
          jsonb_build_object('table', v_table.subject, 'rebuild_with', format('reindex index concurrently %s;', v_index.name)))::backup.finding;
        continue;
      end if;
      if v_call is not null and v_index.is_btree then
        begin
          execute v_call using v_index.oid::regclass, p_deep, v_index.indisunique;
          v_read := v_read + 1;
        exception when others then
          return next backup._finding_of_error('check_indexes', v_index.name, 'amcheck finds no damage', sqlstate, sqlerrm);
          continue;
        end;
      end if;
      v_sound := v_sound + 1;
    end loop;
    if v_sound > 0 then
      return next ('check_indexes', v_table.subject, 'passed'::backup.verdict, 'indexes are valid and undamaged',
        format('%s indexes are valid, %s of them verified by amcheck', v_sound, v_read),
        jsonb_build_object('valid', v_sound, 'verified', v_read, 'deep', p_deep))::backup.finding;
    end if;
  end loop;
end
$$;

comment on function backup.check_indexes(text, text, boolean) is
  'Reports indexes that are invalid, not ready or not live, and B-trees that amcheck finds damaged. Arguments narrow it to a schema and a table and ask for the deep comparison with the table.';
revoke all on function backup.check_indexes(text, text, boolean) from public;

-- sql/functions/check_key_escrow.sql
-- requires: tables/key_proofs.sql, tables/runs.sql, tables/settings.sql
-- backup.check_key_escrow()
--
-- Why: an encrypted backup whose private key is lost is no backup, and nothing else would notice before the disaster. Every
-- recipient of the newest encrypted backup has to be shown to open a backup every backup.settings.key_proof_max_age; a
-- recipient that is new since a rotation has not been shown to open anything.
-- One answer for each recipient: failed when the last proof is too old, inconclusive when there is none yet.
create or replace function backup.check_key_escrow()
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with wanted as (
    select s.key_proof_max_age, format('its identity opened a backup within %s', s.key_proof_max_age) as words from backup.settings s
  ), newest as (
    select r.run_id, r.age_recipients
    from backup.runs r
    where r.state = 'complete' and cardinality(r.age_recipients) > 0
    order by r.run_id desc
    limit 1
  ), recipients as (
    select n.run_id, k.recipient, k.position, p.proven_at, p.run_id as proven_run_id, p.objects, p.bytes, clock_timestamp() - p.proven_at as age
    from newest n
    cross join unnest(n.age_recipients) with ordinality as k (recipient, position)
    left join lateral (
      select o.* from backup.key_proofs o where o.recipient = k.recipient order by o.proven_at desc limit 1
    ) p on true
  ), answers as (
    select 'check_key_escrow' as check_name, 'recipient ' || r.recipient as subject,
      (case when r.proven_at is null then 'inconclusive' when r.age > w.key_proof_max_age then 'failed' else 'passed' end)::backup.verdict as verdict,
      w.words as expected,
      case when r.proven_at is null then 'never proven; run holdfast verify-key --identity <file>'
           when r.age > w.key_proof_max_age then format('last proven %s days ago; run holdfast verify-key --identity <file>', extract(day from r.age))
           else format('proven %s days ago', extract(day from r.age)) end as actual,
      jsonb_build_object('run_id', r.run_id, 'recipient', r.recipient, 'proven_at', r.proven_at, 'proven_run_id', r.proven_run_id,
                         'objects', r.objects, 'bytes', r.bytes) as evidence,
      r.position
    from recipients r cross join wanted w
  )
  select a.check_name, a.subject, a.verdict, a.expected, a.actual, a.evidence
  from (
    select * from answers
    union all
    select 'check_key_escrow', 'recipients', 'skipped'::backup.verdict, w.words, 'no backup is encrypted', '{}'::jsonb, 0
    from wanted w where not exists (select from newest)
  ) a
  order by a.position
$$;

comment on function backup.check_key_escrow() is
  'Whether the private key of each recipient of the newest encrypted backup was shown to open a backup within backup.settings.key_proof_max_age.';
revoke all on function backup.check_key_escrow() from public;

-- sql/functions/check_primary_backups.sql
-- requires: types/finding.sql, tables/primary_backups.sql, tables/policies.sql, tables/settings.sql
-- backup.check_primary_backups()
--
-- Why: the strategy counts on backups that somebody else makes. The database cannot ask for them; verify-backup and the
-- command do just before this runs, if they have an access token. What was not looked at within a day is not known.
-- Daily backups are made some time of the day, hence half a period of grace. With point-in-time recovery Supabase makes no
-- daily ones: its window counts for both. An idle database ships nothing, so the window may end up to a day ago.
create or replace function backup.check_primary_backups()
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with look as (
    select b.* from backup.primary_backups b order by b.looked_at desc, b.look_id desc limit 1
  ), judged as (
    select p.name, p.enabled, p.frequency, p.retention, l.*, s.project_ref as own_ref,
      coalesce(l.project_ref, s.project_ref) ~ '^[a-z]{20}$' as hosted,
      case when p.frequency = 'continuous' then l.pitr_latest
           else greatest(l.newest_at, case when l.pitr_enabled then l.pitr_latest end) end as newest,
      case when p.frequency = 'continuous' then l.pitr_earliest
           else least(l.oldest_at, case when l.pitr_enabled then l.pitr_earliest end) end as oldest,
      case p.frequency when 'continuous' then interval '1 day' when 'daily' then interval '36 hours'
                       when 'weekly' then interval '10 days 12 hours' else interval '46 days' end as grace
    from backup.policies p cross join backup.settings s left join look l on true
    where p.provider = 'supabase'
  ), answered as (
    select j.*,
      case
        when not j.enabled then 'skipped'
        when j.outcome is null or j.outcome = 'no_token' then case when j.hosted then 'inconclusive' else 'skipped' end
        when j.outcome = 'unanswered' or j.looked_at < clock_timestamp() - interval '1 day' then 'inconclusive'
        when j.frequency = 'continuous' and j.pitr_enabled is not true then 'failed'
        when j.newest is null or j.newest < clock_timestamp() - j.grace then 'failed'
        else 'passed'
      end as verdict,
      case
        when not j.enabled then 'the policy is off'
        when j.outcome is null or j.outcome = 'no_token' then
          case when j.hosted then 'no access token' else format('no access token, and %s is no project of the hosted platform', j.own_ref) end
        when j.outcome = 'unanswered' then j.reason
        when j.looked_at < clock_timestamp() - interval '1 day' then format('last asked %s', to_char(j.looked_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
        when j.frequency = 'continuous' and j.pitr_enabled is not true then 'point-in-time recovery is off'
        when j.newest is null then case j.frequency when 'continuous' then 'point-in-time recovery is on, but has no window yet' else 'no completed backup is listed' end
        else format('newest %s, oldest %s', to_char(j.newest at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), to_char(j.oldest at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
      end as actual
    from judged j
  )
  select 'check_primary_backups', a.name, a.verdict::backup.verdict,
    case a.frequency when 'continuous' then format('point-in-time recovery is on and reaches to within %s', a.grace)
                     else format('a completed backup within %s', a.grace) end,
    a.actual,
    jsonb_strip_nulls(jsonb_build_object('look_id', a.look_id, 'looked_at', a.looked_at, 'project_ref', a.project_ref, 'region', a.region,
      'walg_enabled', a.walg_enabled, 'pitr_enabled', a.pitr_enabled, 'completed', a.completed, 'newest', a.newest, 'oldest', a.oldest,
      'reaches_back_days', round(extract(epoch from clock_timestamp() - a.oldest)::numeric / 86400, 1),
      'policy_days', round(extract(epoch from a.retention)::numeric / 86400, 1),
      'give_a_token_with', case when a.outcome is null or a.outcome = 'no_token' then 'SUPABASE_ACCESS_TOKEN (command) or secret HOLDFAST_ACCESS_TOKEN (functions)' end))
  from answered a
  order by a.name desc
$$;

comment on function backup.check_primary_backups() is
  'Judges what the Management API last said of the backups that Supabase makes: missing, too old or point-in-time recovery off is failed; not asked, without a token or without an answer is inconclusive; off, or no hosted project, is skipped.';
revoke all on function backup.check_primary_backups() from public;

-- sql/functions/check_row_counts.sql
-- requires: tables/row_shrink_limits.sql, tables/critical_tables.sql
-- backup.check_row_counts(schema, table)
--
-- Why: a table that vanished or lost many rows since the newest complete run is the cheapest sign of damage.
-- Counts exactly: one scan per table. One finding per table; a partitioned table is counted by partition, as it is
-- exported, and once more as a whole where it is a critical table.
-- Without an earlier run there is nothing to compare with: skipped, while configured minimums still apply.
-- A renamed table fails as missing until the next run; the evidence names what its object id is called today.
-- To spread the work, call it once per table: p_schema and p_table narrow it to names, not patterns.
-- Locks: ACCESS SHARE on each table, until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_row_counts(p_schema text default null, p_table text default null)
returns setof backup.finding
language plpgsql
stable
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_run      text := (select r.run_id from backup.runs r where r.state = 'complete'
                      order by r.snapshot_at desc nulls last, r.run_id desc limit 1);
  v_table    record;
  v_rows     bigint;
  v_reasons  text[];
  v_evidence jsonb;
  v_expected text;
begin
  for v_table in
    select coalesce(t.subject, format('%I.%I', b.schema_name, b.table_name)) as subject, t.relation,
           b.rows as rows_before, k.min_rows, coalesce(x.threshold, s.row_shrink_threshold) as threshold,
           b.relid::regclass::text as same_oid, c.oid is not null as excluded
    from (select * from backup._checked_tables(p_schema, p_table) a
          where a.relkind = 'r'
             or exists (select from backup.critical_tables k
                        where k.schema_name = a.schema_name and k.table_name = a.table_name)) t
    full join (select * from backup.run_tables rt
               where rt.run_id = v_run and rt.status = 'exported'
                 and (p_schema is null or rt.schema_name = p_schema)
                 and (p_table is null or rt.table_name = p_table)) b
      on b.schema_name = t.schema_name and b.table_name = t.table_name
    left join backup.critical_tables k
      on k.schema_name = t.schema_name and k.table_name = t.table_name
    left join backup.row_shrink_limits x
      on x.schema_name = t.schema_name and x.table_name = t.table_name
    left join pg_catalog.pg_namespace n on n.nspname::text = b.schema_name
    left join pg_catalog.pg_class c
      on c.relnamespace = n.oid and c.relname::text = b.table_name and c.relkind in ('r', 'p')
    cross join backup.settings s
    order by coalesce(t.schema_name, b.schema_name), coalesce(t.table_name, b.table_name)
  loop
    v_evidence := jsonb_strip_nulls(jsonb_build_object(
      'run_id', case when v_table.rows_before is not null then v_run end, 'rows_before', v_table.rows_before,
      'threshold', v_table.threshold, 'min_rows', v_table.min_rows));

    if v_table.relation is null then
      if v_table.excluded then
        return next ('check_row_counts', v_table.subject, 'skipped'::backup.verdict, null::text,
          'the table is no longer part of backups', v_evidence)::backup.finding;
      else
        return next ('check_row_counts', v_table.subject, 'failed'::backup.verdict,
          format('the table exists with about %s rows', v_table.rows_before), 'the table is missing',
          v_evidence || jsonb_build_object('object_id_is_now', v_table.same_oid))::backup.finding;
      end if;
      continue;
    end if;

    v_expected := concat_ws(' and ',
      'at least ' || v_table.min_rows || ' rows',
      'at least ' || ceil(v_table.rows_before * (1 - v_table.threshold)) || ' of ' || v_table.rows_before || ' rows');
    begin
      execute format('select count(*) from %s', v_table.relation) into v_rows;
    exception when others then
      return next backup._finding_of_error('check_row_counts', v_table.subject, v_expected, sqlstate, sqlerrm);
      continue;
    end;

    v_reasons := array_remove(array[
      case when v_rows < v_table.min_rows then 'below the configured minimum' end,
      case when v_rows < v_table.rows_before * (1 - v_table.threshold) then 'lost rows since the newest run' end], null);
    return next ('check_row_counts', v_table.subject,
      (case when v_reasons <> '{}' then 'failed'
            when v_run is null and v_table.min_rows is null then 'skipped'
            else 'passed' end)::backup.verdict,
      nullif(v_expected, ''),
      concat_ws(': ', v_rows || ' rows', case
        when v_reasons <> '{}' then array_to_string(v_reasons, ', ')
        when v_run is null then 'no complete run to compare with'
        when v_table.rows_before is null and v_table.min_rows is null then 'new since the newest run' end),
      v_evidence || jsonb_build_object('rows', v_rows))::backup.finding;
  end loop;
end
$$;

comment on function backup.check_row_counts(text, text) is
  'Counts every table and compares with the newest complete run: a missing table, a loss beyond the threshold or fewer rows than the configured minimum fail. Arguments narrow it to a schema and a table.';
revoke all on function backup.check_row_counts(text, text) from public;

-- sql/functions/check_row_security.sql
-- backup.check_row_security(schema, table)
--
-- Why: on Supabase row level security is all that stands between a table and the internet. A restore by hand that
-- forgets it gives the data away while everything seems to work.
-- Exposed schemas are public and those of pgrst.db_schemas, as set for the session, the database or a role.
-- Verdicts, one finding per table that fails and one "passed" per schema for the rest:
--   failed: row security is off on a table of an exposed schema that anon or authenticated has rights on (partitions
--           too: the policies of the parent do not guard them when addressed directly);
--   failed: a table of any included schema has policies while row security is off, so they have no effect;
--   passed with a note: row security is on without a policy (only bypassing roles see rows), and whether it is forced.
-- Where neither anon nor authenticated exists, there is no Data API: skipped. Reads the catalog only, takes no table lock.
create or replace function backup.check_row_security(p_schema text default null, p_table text default null)
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with exposed as (
    select 'public' as schema_name
    union
    select btrim(x.name, ' "')
    from (select current_setting('pgrst.db_schemas', true) as names
          union all
          select substr(c.entry, length('pgrst.db_schemas=') + 1)
          from pg_catalog.pg_db_role_setting s
          cross join unnest(s.setconfig) as c (entry)
          where c.entry like 'pgrst.db_schemas=%'
            and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))) n
    cross join regexp_split_to_table(n.names, ',') as x (name)
  ), api_roles as (
    select r.oid, r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated')
  ), tables as (
    select t.schema_name, t.subject, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
           t.schema_name in (select e.schema_name from exposed e) as exposed,
           (select count(*) from pg_catalog.pg_policy p where p.polrelid = t.relid) as policies,
           array(select r.rolname::text from api_roles r
                 where pg_catalog.has_any_column_privilege(r.oid, t.relid, 'select, insert, update')
                    or pg_catalog.has_table_privilege(r.oid, t.relid, 'delete, truncate')
                 order by r.rolname) as reachable_by
    from backup._checked_tables(p_schema, p_table) t
    join pg_catalog.pg_class c on c.oid = t.relid
  ), judged as (
    select t.*, case
      when not t.enabled and t.policies > 0 then 'policies have no effect: row security is off'
      when not t.enabled and t.exposed and t.reachable_by <> '{}' then
        format('row security is off and %s can reach the table', array_to_string(t.reachable_by, ' and ')) end as problem
    from tables t
  )
  select 'check_row_security', j.subject, 'failed'::backup.verdict, 'row security is on', j.problem,
         jsonb_build_object('enabled', j.enabled, 'forced', j.forced, 'policies', j.policies, 'exposed', j.exposed,
           'reachable_by', j.reachable_by, 'repair_with', format('alter table %s enable row level security;', j.subject))
  from judged j
  where j.problem is not null and exists (select from api_roles)
  union all
  select 'check_row_security', format('%I', j.schema_name), 'passed', 'row security is on where the Data API can reach',
         concat_ws(', ', format('%s tables in order', count(*)),
           nullif(count(*) filter (where j.enabled and j.policies = 0), 0) || ' without a policy'),
         jsonb_build_object('tables', count(*), 'exposed', bool_or(j.exposed),
           'enabled', count(*) filter (where j.enabled), 'forced', count(*) filter (where j.forced),
           'without_policy', coalesce(jsonb_agg(j.subject order by j.subject) filter (where j.enabled and j.policies = 0), '[]'))
  from judged j
  where j.problem is null and exists (select from api_roles)
  group by j.schema_name
  union all
  select 'check_row_security', 'Data API', 'skipped', 'row security is on where the Data API can reach',
         'the roles anon and authenticated do not exist', '{}'
  where not exists (select from api_roles)
$$;

comment on function backup.check_row_security(text, text) is
  'Finds tables that the Data API can reach without row level security, and policies without effect. Arguments narrow it to a schema and a table.';
revoke all on function backup.check_row_security(text, text) from public;

-- sql/functions/check_sequences.sql
-- requires: functions/_sequence_uses.sql, functions/_read_only.sql
-- backup.check_sequences(schema, table)
--
-- Why: a sequence that lags behind its column hands out keys that exist, and the first insert after a restore fails.
-- The value that nextval would give must lie beyond every value in the column: above the maximum when ascending, below
-- the minimum when descending; of a cyclic sequence, which meets old values by design, it must only be unused.
-- A sequence without a next value fails as exhausted. One finding per sequence and column that draws from it.
-- Skipped: columns whose values are not the plain numbers of the sequence (a default like 'A' || nextval(…)).
-- Nothing is drawn from the sequence. Arguments narrow it to the columns of a schema and a table.
-- Locks: ACCESS SHARE on a table and its sequence while they are read, as all of ten thousand are more than a server has room for; waits
-- at most 10 s for it.
create or replace function backup.check_sequences(p_schema text default null, p_table text default null)
returns setof backup.finding
language plpgsql
stable
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_use       record;
  v_position  jsonb;
  v_last      bigint;
  v_called    boolean;
  v_next      numeric;
  v_exhausted boolean;
  v_edge      numeric;
  v_taken     boolean;
  v_evidence  jsonb;
  v_expected  text;
begin
  for v_use in
    select u.sequence_name, u.relation, u.column_name, format('%s for %s', u.sequence_name, u.column_label) as subject,
           s.seqincrement as step, s.seqmin, s.seqmax, s.seqcycle,
           u.column_type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
             and coalesce(u.default_expression ~ '^nextval\\(''.*''::regclass\\)$', true) as plain
    from backup._sequence_uses(p_schema, p_table) u
    join pg_catalog.pg_sequence s on s.seqrelid = u.sequence_id
    order by u.sequence_name, u.column_label
  loop
    v_expected := case when v_use.seqcycle then 'the next value is not in use'
                       when v_use.step > 0 then 'the next value is above every value of the column'
                       else 'the next value is below every value of the column' end;
    begin
      v_position := backup._read_only(format('select jsonb_build_array(s.last_value, s.is_called) from %s s', v_use.sequence_name));
      v_last := v_position ->> 0;
      v_called := v_position ->> 1;
      v_next := v_last + case when v_called then v_use.step::numeric else 0 end;
      v_exhausted := v_next not between v_use.seqmin and v_use.seqmax;
      if v_exhausted and v_use.seqcycle then
        v_next := case when v_use.step > 0 then v_use.seqmin else v_use.seqmax end;
        v_exhausted := false;
      end if;
      v_evidence := jsonb_build_object('next_value', case when not v_exhausted then v_next end,
        'is_called', v_called, 'increment', v_use.step, 'cycle', v_use.seqcycle);

      if v_exhausted then
        return next ('check_sequences', v_use.subject, 'failed'::backup.verdict, v_expected,
          'the sequence is exhausted: it has no next value', v_evidence)::backup.finding;
        continue;
      elsif not v_use.plain then
        return next ('check_sequences', v_use.subject, 'skipped'::backup.verdict, v_expected,
          'values of the column are not plain numbers of the sequence', v_evidence)::backup.finding;
        continue;
      elsif v_use.seqcycle then
        v_taken := backup._read_only(format('select to_jsonb(exists (select from %s where %I = %s))', v_use.relation, v_use.column_name, v_next));
      else
        v_edge := backup._read_only(format('select to_jsonb(%s(%I)) from %s', case when v_use.step > 0 then 'max' else 'min' end,
          v_use.column_name, v_use.relation)) #>> '{}';
        v_taken := coalesce(case when v_use.step > 0 then v_edge >= v_next else v_edge <= v_next end, false);
        v_evidence := v_evidence || jsonb_build_object('outermost_value', v_edge);
      end if;
    exception when others then
      return next backup._finding_of_error('check_sequences', v_use.subject, v_expected, sqlstate, sqlerrm);
      continue;
    end;

    return next ('check_sequences', v_use.subject,
      case when v_taken then 'failed' else 'passed' end::backup.verdict, v_expected,
      case when not v_taken then format('next value %s is free', v_next)
           when v_use.seqcycle then format('next value %s is in use', v_next)
           else format('next value %s, but the column reaches %s', v_next, v_edge) end,
      v_evidence)::backup.finding;
  end loop;
end
$$;

comment on function backup.check_sequences(text, text) is
  'Compares every sequence with the columns that draw from it: its next value must be free, and it must have one. Arguments narrow it to the columns of a schema and a table.';
revoke all on function backup.check_sequences(text, text) from public;

-- sql/functions/chunk_ranges.sql
-- backup.chunk_ranges(p_pages, p_total_bytes, p_chunk_bytes)
--
-- Why: ctid ranges of about the same size in heap and TOAST. The last one is open-ended, so that rows in pages added
-- after planning are covered. A table without pages has no rows and no ranges.
create or replace function backup.chunk_ranges(p_pages bigint, p_total_bytes bigint, p_chunk_bytes bigint)
returns table (first_tid tid, end_tid tid, estimated_bytes bigint)
language sql
immutable
set search_path = ''
as $$
  with sizes as (
    select greatest(1, floor(p_chunk_bytes::numeric * p_pages / greatest(p_total_bytes, 1)))::bigint as step
    where p_pages > 0
  )
  select format('(%s,0)', start)::tid,
         case when start + step < p_pages then format('(%s,0)', start + step)::tid end,
         (p_total_bytes * least(step, p_pages - start) / p_pages)::bigint
  from sizes, generate_series(0, p_pages - 1, step) as start
$$;

comment on function backup.chunk_ranges(bigint, bigint, bigint) is
  'Splits a table of p_pages pages into ctid ranges of about p_chunk_bytes; the end is exclusive, null means to the end.';
revoke all on function backup.chunk_ranges(bigint, bigint, bigint) from public;

-- sql/functions/claim_chunks.sql
-- requires: tables/chunks.sql, tables/run_tables.sql, tables/settings.sql, functions/fail_run.sql
-- backup.claim_chunks(p_run_id, p_worker, p_max_chunks, p_max_bytes, p_fresh)
--
-- Why: workers take work without meeting each other (skip locked) and without holding a lock while they work (a lease).
-- Only the earliest unfinished phase is handed out. Small data chunks come several at a time, because their cost is the
-- round trip; any other chunk comes alone. Capturing and rendering the schema may take all the CPU time a function has, so
-- only a worker that has done nothing yet (p_fresh) gets them. A chunk whose lease ran out may be claimed again until its attempts are spent:
-- then the run fails with the last error.
-- Returns no row when there is nothing to do now: see backup.run_progress() for why.
create or replace function backup.claim_chunks(
  p_run_id text, p_worker text, p_max_chunks integer default 32, p_max_bytes bigint default 8388608,
  p_fresh boolean default true)
returns table (
  chunk_no integer, kind backup.chunk_kind, claim_id uuid, attempt integer, schema_name text, table_name text,
  first_tid tid, end_tid tid, estimated_bytes bigint, columns text[], fingerprint_expression text, filenode oid)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_settings backup.settings;
  v_phase    smallint;
  v_claim_id uuid := gen_random_uuid();
  v_now      timestamptz := clock_timestamp();
  v_bytes    bigint := 0;
  v_taken    integer[] := '{}';
  v_chunk    record;
begin
  perform from backup.runs r where r.run_id = p_run_id and r.state = 'exporting' for no key update;
  if not found then
    return;
  end if;
  select * into v_settings from backup.settings;
  select min(c.phase) into v_phase from backup.chunks c where c.run_id = p_run_id and c.state in ('pending', 'claimed');

  for v_chunk in
    select c.chunk_no, c.kind, c.estimated_bytes, c.attempts, c.error_code, c.error_message, c.schema_name, c.table_name
    from backup.chunks c
    where c.run_id = p_run_id and c.phase = v_phase
      and (p_fresh or c.kind not in ('schema', 'schema_sql'))
      and ((c.state = 'pending' and c.not_before <= v_now) or (c.state = 'claimed' and c.lease_until < v_now))
    order by c.chunk_no
    limit p_max_chunks
    for update skip locked
  loop
    if v_chunk.attempts >= v_settings.max_attempts then
      perform backup.fail_run(p_run_id, coalesce(v_chunk.error_code, 'HF307'),
        coalesce(v_chunk.error_message, format('chunk %s was given up by %s workers', v_chunk.chunk_no, v_chunk.attempts)),
        format('Chunk %s (%s%s) after %s attempts.', v_chunk.chunk_no, v_chunk.kind,
               ' ' || v_chunk.schema_name || '.' || v_chunk.table_name, v_chunk.attempts));
      return;
    end if;
    exit when cardinality(v_taken) > 0 and (v_chunk.kind <> 'data' or v_bytes + v_chunk.estimated_bytes > p_max_bytes);
    v_taken := v_taken || v_chunk.chunk_no;
    v_bytes := v_bytes + v_chunk.estimated_bytes;
    exit when v_chunk.kind <> 'data';
  end loop;

  return query
    with claimed as (
      update backup.chunks c
         set state = 'claimed', claim_id = v_claim_id, claimed_by = p_worker, claimed_at = v_now,
             lease_until = v_now + make_interval(secs => v_settings.lease_seconds), attempts = c.attempts + 1
       where c.run_id = p_run_id and c.chunk_no = any (v_taken)
      returning c.*
    )
    select c.chunk_no, c.kind, c.claim_id, c.attempts, c.schema_name, c.table_name, c.first_tid, c.end_tid,
           c.estimated_bytes, t.columns, t.fingerprint_expression, t.filenode
    from claimed c
    left join backup.run_tables t using (run_id, schema_name, table_name)
    order by c.chunk_no;
end;
$$;

comment on function backup.claim_chunks(text, text, integer, bigint, boolean) is
  'Hands chunks to a worker under a lease; they share one claim id. No row: nothing to do now. Fails the run when a chunk''s attempts are spent.';
revoke all on function backup.claim_chunks(text, text, integer, bigint, boolean) from public;

-- sql/functions/route_deliveries.sql
-- requires: tables/alert_deliveries.sql, tables/settings.sql
-- backup.route_deliveries(p_channels, p_now)
--
-- Why: which channels there are is known to functions alone, as destinations are their secrets. The first that looks at an
-- event gives it a row for each channel; without a channel the event ends as skipped, and nobody is called for it again.
-- A newer event of a cause replaces an older one that has not arrived on that channel: "resolved" must not be followed by a
-- late "raised". What was tried too often by functions that died is given up here.
create or replace function backup.route_deliveries(p_channels text[], p_now timestamptz default clock_timestamp())
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_messages text[] := array(select c from unnest(p_channels) c where c not like 'heartbeat%' order by c);
  v_event    backup.alert_deliveries;
begin
  for v_event in
    select * from backup.alert_deliveries d where d.state = 'pending' and d.channel is null order by d.queued_at, d.delivery_id for update skip locked
  loop
    if cardinality(v_messages) = 0 then
      update backup.alert_deliveries d set state = 'skipped', error = 'no channel configured', finished_at = p_now
      where d.delivery_id = v_event.delivery_id;
    else
      update backup.alert_deliveries d set channel = v_messages[1] where d.delivery_id = v_event.delivery_id;
      insert into backup.alert_deliveries (event_id, alert_id, event, cause, channel, content, not_before, queued_at)
      select v_event.event_id, v_event.alert_id, v_event.event, v_event.cause, c, v_event.content, v_event.not_before, v_event.queued_at
      from unnest(v_messages[2:]) c;
    end if;
  end loop;

  update backup.alert_deliveries d
     set state = over.state, error = over.error, finished_at = p_now, claim_id = null, lease_until = null
    from (
      select f.delivery_id, e.error, case when f.channel = any (p_channels) and newer.delivery_id is null then 'failed' else 'skipped' end as state
      from backup.alert_deliveries f
      cross join backup.settings s
      left join lateral (
        select n.delivery_id from backup.alert_deliveries n
        where n.cause = f.cause and n.channel = f.channel and n.event <> 'test' and (n.queued_at, n.delivery_id) > (f.queued_at, f.delivery_id)
        order by n.queued_at desc, n.delivery_id desc limit 1
      ) newer on true
      cross join lateral (
        select case when f.channel <> all (p_channels) then 'channel is not configured'
                    when newer.delivery_id is not null then format('replaced by delivery %s', newer.delivery_id)
                    when f.attempts >= s.alert_max_attempts then 'the functions that sent it ended before they had an answer' end as error
      ) e
      where f.state = 'pending' and f.channel is not null and (f.lease_until is null or f.lease_until <= p_now) and e.error is not null
      for update of f skip locked
    ) over
   where d.delivery_id = over.delivery_id;
end
$$;

comment on function backup.route_deliveries(text[], timestamptz) is
  'Gives queued events a row for each configured channel, and ends deliveries that have no channel, are replaced by a newer event or were tried too often.';
revoke all on function backup.route_deliveries(text[], timestamptz) from public;

-- sql/functions/claim_deliveries.sql
-- requires: tables/alert_deliveries.sql, functions/route_deliveries.sql
-- backup.claim_deliveries(p_channels, p_limit, p_now, p_lease)
--
-- Why: one function sends a message at a time; when it dies, its lease ends and another one sends it again. A message may so
-- arrive twice, never not at all; event_id tells receivers. The attempt counts from the claim, so that a message which kills
-- functions is given up as well. A message waits while an older one about the same is on its way.
create or replace function backup.claim_deliveries(
  p_channels text[],
  p_limit    integer default 5,
  p_now      timestamptz default clock_timestamp(),
  p_lease    interval default '2 minutes'
)
returns table (delivery_id bigint, claim_id uuid, event_id uuid, event text, channel text, attempt integer, queued_at timestamptz, content jsonb)
language plpgsql
set search_path = ''
as $$
begin
  perform backup.route_deliveries(p_channels, p_now);
  return query
  update backup.alert_deliveries d
     set claim_id = gen_random_uuid(), lease_until = p_now + p_lease, attempts = d.attempts + 1
   where d.delivery_id in (
     select o.delivery_id from backup.alert_deliveries o
     where o.state = 'pending' and o.channel = any (p_channels) and o.not_before <= p_now and (o.lease_until is null or o.lease_until <= p_now)
       and not exists (select from backup.alert_deliveries w where w.state = 'pending' and w.cause = o.cause and w.channel = o.channel and w.lease_until > p_now)
     order by o.queued_at, o.delivery_id limit p_limit for update skip locked)
  returning d.delivery_id, d.claim_id, d.event_id, d.event, d.channel, d.attempts, d.queued_at, d.content;
end
$$;

comment on function backup.claim_deliveries(text[], integer, timestamptz, interval) is
  'Takes messages that are due on the given channels for the time of a lease, oldest first, after giving queued events their channels; no row when there is none.';
revoke all on function backup.claim_deliveries(text[], integer, timestamptz, interval) from public;

-- sql/functions/fail_drill.sql
-- requires: tables/drills.sql, functions/_drill_alert.sql, functions/_drill_phase_seconds.sql
-- backup.fail_drill(p_drill_id, p_code, p_message)
--
-- Why: a drill fails once, with the first reason; what comes later is a consequence and must not hide it. The scratch
-- database is dropped by the worker that gets this answer, or by the reaper.
-- Returns whether this call was the one that ended the drill.
create or replace function backup.fail_drill(p_drill_id uuid, p_code text, p_message text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update backup.drills d
     set state = 'failed', verdict = 'failed', finished_at = clock_timestamp(), failure_code = p_code,
         failure_message = p_message, phase_seconds = backup._drill_phase_seconds(d.drill_id)
   where d.drill_id = p_drill_id and d.state = 'running';
  if not found then
    return false;
  end if;
  perform backup._drill_alert(p_drill_id);
  return true;
end;
$$;

comment on function backup.fail_drill(uuid, text, text) is
  'Ends an active drill as failed with a code of docs/errors.md or a SQLSTATE and raises the alert. False when it had already ended.';
revoke all on function backup.fail_drill(uuid, text, text) from public;

-- sql/functions/claim_drill_step.sql
-- requires: tables/drill_steps.sql, tables/settings.sql, functions/fail_drill.sql
-- backup.claim_drill_step(p_drill_id, p_invocation, p_fresh)
--
-- Why: a restore is one sequence, so only the earliest unfinished step is handed out, and to nobody while somebody holds
-- it. Steps that need an invocation of their own (alone) go only to one that has done nothing yet. A step whose lease ran
-- out may be claimed again until its attempts are spent: then the drill fails with the last error.
-- The lease is short, as a worker that lives renews it: one that was killed is replaced within two minutes.
-- Locks: the drill, so that claims, reports and the end of a drill follow one another.
-- Returns no row when there is nothing to do now: see backup.drill_progress() for why.
create or replace function backup.claim_drill_step(p_drill_id uuid, p_invocation text, p_fresh boolean default true)
returns table (step_no integer, kind text, phase text, alone boolean, payload jsonb, claim_id uuid, attempt integer)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_settings backup.settings;
  v_step     backup.drill_steps;
begin
  perform from backup.drills d where d.drill_id = p_drill_id and d.state = 'running' for no key update;
  if not found then
    return;
  end if;
  select * into v_settings from backup.settings;
  select * into v_step from backup.drill_steps s
  where s.drill_id = p_drill_id and s.state <> 'done' order by s.step_no limit 1;
  if not found
     or (v_step.state = 'claimed' and v_step.lease_until >= clock_timestamp())
     or (v_step.state = 'pending' and v_step.not_before > clock_timestamp())
     or (v_step.alone and not p_fresh) then
    return;
  end if;
  if v_step.attempts >= v_settings.max_attempts then
    perform backup.fail_drill(p_drill_id, coalesce(v_step.error_code, 'HF520'),
      coalesce(v_step.error_message, format('step %s (%s) was given up by %s workers', v_step.step_no, v_step.kind, v_step.attempts)));
    return;
  end if;
  return query
    update backup.drill_steps s
       set state = 'claimed', claim_id = gen_random_uuid(), invocation = p_invocation, attempts = s.attempts + 1,
           lease_until = clock_timestamp() + make_interval(secs => least(v_settings.lease_seconds, 45))
     where s.drill_id = p_drill_id and s.step_no = v_step.step_no
    returning s.step_no, s.kind, s.phase, s.alone, s.payload, s.claim_id, s.attempts;
end;
$$;

comment on function backup.claim_drill_step(uuid, text, boolean) is
  'Hands the next step of a drill to a worker under a lease. No row: nothing to do now. Fails the drill when the step''s attempts are spent.';
revoke all on function backup.claim_drill_step(uuid, text, boolean) from public;

-- sql/functions/claim_keeper.sql
-- requires: tables/runs.sql
-- backup.claim_keeper(p_run_id)
--
-- Why: exactly one session becomes the keeper of a run, and the ledger knows which server process it is before the snapshot
-- exists, so that its death can be told from its absence. The log position is read before the snapshot is taken and
-- so is never ahead of it.
-- Errors: HF005 the run does not wait for a keeper.
create or replace function backup.claim_keeper(p_run_id text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update backup.runs r
     set keeper_pid = pg_backend_pid(),
         keeper_backend_start = (select a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid()),
         keeper_claimed_at = clock_timestamp(),
         snapshot_lsn = pg_current_wal_lsn()
   where r.run_id = p_run_id and r.state = 'starting' and r.keeper_pid is null;
  if not found then
    raise exception using
      errcode = 'HF005',
      message = format('run %s does not wait for a keeper', p_run_id),
      hint    = 'A run gets one keeper. Start another run with backup.start_run().';
  end if;
end;
$$;

comment on function backup.claim_keeper(text) is 'Makes the calling session the keeper of a run; commit before backup.hold_snapshot(). Errors: HF005.';
revoke all on function backup.claim_keeper(text) from public;

-- sql/functions/claim_sweep.sql
-- requires: tables/retention_marks.sql, tables/runs.sql, tables/drills.sql
-- backup.claim_sweep(p_now, p_lease)
--
-- Why: one process deletes a run at a time, and when it dies another goes on. A run that a drill restores waits. Claiming changes
-- nothing about the run: whoever claims looks into the bucket first, and then asks backup.begin_sweep().
create or replace function backup.claim_sweep(p_now timestamptz default clock_timestamp(), p_lease interval default '5 minutes')
returns table (run_id text, claim_id uuid, object_prefix text)
language sql
set search_path = ''
as $$
  update backup.retention_marks m
     set claim_id = gen_random_uuid(), lease_until = p_now + p_lease
    from backup.runs r
   where r.run_id = m.run_id
     and m.run_id = (
       select o.run_id from backup.retention_marks o
       where o.swept_at is null and o.delete_after <= p_now and o.not_before <= p_now
         and (o.lease_until is null or o.lease_until <= p_now)
         and not exists (select from backup.drills d where d.run_id = o.run_id and d.state = 'running')
       order by o.delete_after, o.run_id limit 1 for update skip locked)
  returning m.run_id, m.claim_id, r.object_prefix
$$;

comment on function backup.claim_sweep(timestamptz, interval) is
  'Takes one marked run whose grace period is over to be deleted, for the time of a lease; no row when there is none.';
revoke all on function backup.claim_sweep(timestamptz, interval) from public;

-- sql/functions/claim_ticket.sql
-- requires: tables/tickets.sql
-- backup.claim_ticket(p_ticket_id, p_function_name)
--
-- Why: a ticket opens one function once. Unknown, used, expired and foreign tickets get the same answer, so that trying
-- tells nothing. Errors: HF101.
create or replace function backup.claim_ticket(p_ticket_id uuid, p_function_name text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_body jsonb;
begin
  update backup.tickets t
     set claimed_at = clock_timestamp()
   where t.ticket_id = p_ticket_id and t.function_name = p_function_name
     and t.claimed_at is null and t.expires_at > clock_timestamp()
  returning t.body into v_body;
  if not found then
    raise exception using errcode = 'HF101', message = 'ticket is not valid',
      hint = 'A ticket starts one function once, within 5 minutes, in the database that issued it.';
  end if;
  return v_body;
end;
$$;

comment on function backup.claim_ticket(uuid, text) is 'Uses up a ticket and returns what the function is to do. Errors: HF101.';
revoke all on function backup.claim_ticket(uuid, text) from public;

-- sql/functions/claim_verification_check.sql
-- backup.claim_verification_check(verification id)
--
-- Why: committed before the check runs, so that a process that dies leaves a trace that backup.close_overdue_checks()
-- finds, and so that two processes continuing one verification never run the same check twice.
create or replace function backup.claim_verification_check(p_verification_id uuid)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_check_name text;
begin
  if not exists (select from backup.verifications v where v.verification_id = p_verification_id) then
    raise exception using errcode = 'HF006', message = format('verification %s does not exist', p_verification_id),
      hint = 'List them with: select verification_id, started_at from backup.verifications order by started_at desc;';
  end if;

  update backup.verification_checks c
  set state = 'running', started_at = clock_timestamp()
  where (c.verification_id, c.check_name) = (
    select p.verification_id, p.check_name
    from backup.verification_checks p
    join backup.verification_check_names() with ordinality as n (check_name, position) on n.check_name = p.check_name
    where p.verification_id = p_verification_id and p.state = 'pending'
    order by n.position
    limit 1
    for update of p skip locked)
  returning c.check_name into v_check_name;

  return v_check_name;
end
$$;

comment on function backup.claim_verification_check(uuid) is
  'Marks the next pending check of a verification as running and returns its name; null when none is left. Errors: HF006.';
revoke all on function backup.claim_verification_check(uuid) from public;

-- sql/functions/record_findings.sql
-- backup.record_findings(verification id, check name, findings, duration)
--
-- Why: the one way a result enters the ledger, whoever found it: a function, a pg_cron job or the command.
-- The first report of a check wins; a late one of a process presumed dead is ignored.
create or replace function backup.record_findings(
  p_verification_id uuid,
  p_check_name      text,
  p_findings        jsonb,
  p_duration_ms     double precision
)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_state text;
begin
  select c.state into v_state
  from backup.verification_checks c
  where c.verification_id = p_verification_id and c.check_name = p_check_name
  for update;
  if not found then
    raise exception using errcode = 'HF006',
      message = format('verification %s has no check %I', p_verification_id, p_check_name),
      hint = 'List the checks of a verification with: select * from backup.verification_checks;';
  end if;
  if v_state = 'done' then
    return false;
  end if;

  -- A check without an answer would look like a check that found nothing wrong.
  if jsonb_array_length(p_findings) = 0 then
    p_findings := jsonb_build_array(jsonb_build_object(
      'subject', p_check_name, 'verdict', 'skipped', 'actual', 'there is nothing to check'));
  end if;

  insert into backup.verification_results
    (verification_id, check_name, subject, verdict, expected, actual, evidence, duration_ms)
  select p_verification_id, p_check_name, coalesce(f.value ->> 'subject', p_check_name),
         coalesce((f.value ->> 'verdict')::backup.verdict, 'inconclusive'),
         f.value ->> 'expected', f.value ->> 'actual',
         case when jsonb_typeof(f.value -> 'evidence') = 'object' then f.value -> 'evidence' else '{}' end,
         p_duration_ms
  from jsonb_array_elements(p_findings) with ordinality as f (value, position)
  order by f.position;

  update backup.verification_checks c
  set state = 'done', finished_at = clock_timestamp(), started_at = coalesce(c.started_at, clock_timestamp())
  where c.verification_id = p_verification_id and c.check_name = p_check_name;

  perform backup.close_verification(p_verification_id);
  return true;
end
$$;

comment on function backup.record_findings(uuid, text, jsonb, double precision) is
  'Stores the answers of one check, an array of {subject, verdict, expected, actual, evidence}, and closes the verification when it was the last. False: the check had already reported. Errors: HF006.';
revoke all on function backup.record_findings(uuid, text, jsonb, double precision) from public;

-- sql/functions/schedule_once.sql
-- requires: tables/settings.sql
-- backup.schedule_once(p_job_name, p_command)
--
-- Why: pg_cron has no one-off jobs. The command has to unschedule p_job_name itself as its first step. Versions from 1.5 on
-- take seconds, which starts it at once; older ones start it at the next full minute.
-- Returns false where the database has no pg_cron or another clock is in charge; the caller then needs another session to run the command.
create or replace function backup.schedule_once(p_job_name text, p_command text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null or (select s.external_clock from backup.settings s) then
    return false;
  end if;
  begin
    execute 'select cron.schedule($1, $2, $3)' using p_job_name, '1 seconds', p_command;
  exception when others then
    -- Whatever this version dislikes about seconds, the minute form says whether scheduling works at all.
    execute 'select cron.schedule($1, $2, $3)' using p_job_name, '* * * * *', p_command;
  end;
  return true;
end;
$$;

comment on function backup.schedule_once(text, text) is
  'Schedules a command as soon as pg_cron can. The command must unschedule the job itself. False without pg_cron or with backup.settings.external_clock.';
revoke all on function backup.schedule_once(text, text) from public;

-- sql/functions/hand_over_check.sql
-- requires: functions/schedule_once.sql, functions/record_findings.sql
-- backup.hand_over_check(verification id, check name)
--
-- Why: an Edge Function lives for minutes; a check of a large table may need hours. pg_cron runs it inside the
-- database. The job removes itself and commits before it starts to work, so a crash cannot make it run twice.
-- pg_cron closes its connection to a job that is no longer scheduled. The server goes on regardless, unless it has to send
-- something in between; hence no notices.
create or replace function backup.hand_over_check(p_verification_id uuid, p_check_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  -- pg_cron 1.4 cuts names at 63 bytes; this one has 48 at most, and 60 bits of the id.
  v_job_name text := format('holdfast-%s-%s', p_check_name, left(p_verification_id::text, 18));
  v_reason   text := 'pg_cron is not installed to run it in the background';
begin
  update backup.verification_checks c
  set state = 'background', job_name = v_job_name, started_at = clock_timestamp()
  where c.verification_id = p_verification_id and c.check_name = p_check_name and c.state in ('pending', 'running');
  if not found then
    return false;
  end if;

  begin
    if backup.schedule_once(v_job_name, format(
        'begin; select cron.unschedule(%1$L); commit; '
        'begin; set local statement_timeout = %2$L; set local client_min_messages = ''error''; set local search_path = ''''; '
        'select backup.run_background_check(%3$L, %4$L); commit;',
        v_job_name,
        (select (extract(epoch from s.background_timeout) * 1000)::bigint from backup.settings s),
        p_verification_id, p_check_name)) then
      return true;
    end if;
  exception when others then
    v_reason := format('pg_cron refused the job: error %s: %s', sqlstate, sqlerrm);
  end;

  perform backup.record_findings(p_verification_id, p_check_name, jsonb_build_array(jsonb_build_object(
    'subject', p_check_name, 'verdict', 'inconclusive', 'expected', 'an answer',
    'actual', 'there was not enough time for it here, and ' || v_reason,
    'evidence', jsonb_build_object('repeat_with', format('select * from backup.%I();', p_check_name)))), null);
  return false;
end
$$;

comment on function backup.hand_over_check(uuid, text) is
  'Schedules a one-off pg_cron job that runs a check without the limits of a function; true when it will. Without pg_cron the check becomes inconclusive with the reason.';
revoke all on function backup.hand_over_check(uuid, text) from public;

-- sql/functions/functions_url.sql
-- requires: tables/settings.sql
-- backup.functions_url()
--
-- Why: where the Edge Functions of this project answer: the setting, else Vault's project_url as Supabase documents it for
-- scheduled functions. Null when neither is there.
create or replace function backup.functions_url()
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_url text := (select rtrim(s.functions_url, '/') from backup.settings s);
begin
  if v_url is null and to_regclass('vault.decrypted_secrets') is not null
     and has_table_privilege('vault.decrypted_secrets', 'select') then
    execute $q$select rtrim(d.decrypted_secret, '/') || '/functions/v1' from vault.decrypted_secrets d
               where d.name = 'project_url' limit 1$q$ into v_url;
  end if;
  return v_url;
end;
$$;

comment on function backup.functions_url() is 'Base URL of the Edge Functions: backup.settings.functions_url, else Vault secret project_url + /functions/v1, else null.';
revoke all on function backup.functions_url() from public;

-- sql/functions/dispatch.sql
-- requires: tables/tickets.sql, tables/settings.sql, functions/functions_url.sql
-- backup.dispatch(p_function_name, p_body, p_run_id)
--
-- Why: the one way the database starts a function. The ticket is committed together with the request that carries it, so a
-- function that receives it finds it, and only in the database that issued it. Where pg_net or the URL is missing, the
-- ticket waits for a clock outside the database to deliver it.
-- Returns the ticket.
create or replace function backup.dispatch(p_function_name text, p_body jsonb default '{}', p_run_id text default null)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_ticket uuid := gen_random_uuid();
  v_url    text := backup.functions_url();
  v_posted boolean := v_url is not null and not (select s.external_clock from backup.settings s)
    and to_regprocedure('net.http_post(text,jsonb,jsonb,jsonb,integer)') is not null;
begin
  insert into backup.tickets (ticket_id, function_name, body, run_id, expires_at, posted)
  values (v_ticket, p_function_name, p_body, p_run_id, clock_timestamp() + interval '5 minutes', v_posted);
  if v_posted then
    execute 'select net.http_post(url := $1, body := $2, headers := $3, timeout_milliseconds := 10000)'
      using v_url || '/' || p_function_name, '{}'::jsonb,
            jsonb_build_object('Content-Type', 'application/json', 'x-holdfast-ticket', v_ticket);
  end if;
  return v_ticket;
end;
$$;

comment on function backup.dispatch(text, jsonb, text) is
  'Issues a one-time ticket and posts it to an Edge Function with pg_net. The ticket is valid for 5 minutes.';
revoke all on function backup.dispatch(text, jsonb, text) from public;

-- sql/functions/request_report.sql
-- requires: functions/dispatch.sql, tables/verifications.sql
-- backup.request_report(verification id)
--
-- Why: reports are written by the verify-backup function. When the last answer comes from a pg_cron job, nobody is there
-- to write one, so a ticket asks for it. Without a report the answers are complete all the same; readers format them then.
create or replace function backup.request_report(p_verification_id uuid)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if not exists (
    select from backup.verifications v
    where v.verification_id = p_verification_id and v.verdict is not null and v.report is null) then
    return false;
  end if;
  perform backup.dispatch('verify-backup', jsonb_build_object('verification_id', p_verification_id));
  return true;
exception when others then
  -- A report is a convenience here: an answer just recorded must not be rolled back for it.
  raise warning 'report of verification % was not requested: error %', p_verification_id, sqlstate;
  return false;
end
$$;

comment on function backup.request_report(uuid) is
  'Asks verify-backup to write the report of a finished verification that has none; true when it did.';
revoke all on function backup.request_report(uuid) from public;

-- sql/functions/close_overdue_checks.sql
-- requires: functions/record_findings.sql, functions/hand_over_check.sql, functions/request_report.sql, functions/unschedule.sql
-- backup.close_overdue_checks()
--
-- Why: a function can be killed and a database restarted in mid-check. The minute tick calls this, so that such a
-- verification ends as inconclusive and does not stay open for ever.
-- A check nobody works on any more gets ten minutes: more than the longest life of a function (400 s).
create or replace function backup.close_overdue_checks()
returns setof text
language plpgsql
set search_path = ''
as $$
declare
  v_check    record;
  v_settings backup.settings;
begin
  select * into v_settings from backup.settings;
  for v_check in
    select c.verification_id, c.check_name, c.state, c.job_name
    from backup.verification_checks c
    join backup.verifications v using (verification_id)
    where v.verdict is null and c.state <> 'done'
      and case c.state
        when 'background' then c.started_at < clock_timestamp() - v_settings.background_timeout - interval '10 minutes'
        when 'running'    then c.started_at < clock_timestamp() - v_settings.check_timeout - interval '10 minutes'
        when 'pending'    then v.started_at < clock_timestamp() - v_settings.check_timeout - interval '10 minutes'
          and not exists (
            select from backup.verification_checks o
            where o.verification_id = c.verification_id
              and greatest(o.started_at, o.finished_at) > clock_timestamp() - v_settings.check_timeout - interval '10 minutes')
        else false
      end
    order by v.started_at, c.check_name
    for update of c skip locked
  loop
    if v_check.state = 'pending' and v_check.check_name <> 'check_backup_objects' then
      -- Nothing is known against a check that was never started, and the database can still run it.
      perform backup.hand_over_check(v_check.verification_id, v_check.check_name);
      continue;
    end if;
    -- The job normally removed itself; one that never started must not start after its check is closed.
    perform backup.unschedule(v_check.job_name);
    perform backup.record_findings(v_check.verification_id, v_check.check_name, jsonb_build_array(jsonb_build_object(
      'subject', v_check.check_name, 'verdict', 'inconclusive', 'expected', 'an answer',
      'actual', case v_check.state
        when 'background' then 'its background job did not report'
        when 'running' then 'the process that ran it ended without reporting'
        else 'the verification ended before it was started' end,
      'evidence', jsonb_build_object('state', v_check.state))), null);
    perform backup.request_report(v_check.verification_id);
    return next v_check.check_name;
  end loop;
end
$$;

comment on function backup.close_overdue_checks() is
  'Closes as inconclusive the checks whose process or pg_cron job never reported, and returns their names; checks never started are handed to pg_cron instead. Called by the minute tick.';
revoke all on function backup.close_overdue_checks() from public;

-- sql/functions/queue_heartbeat.sql
-- requires: tables/alert_deliveries.sql, tables/settings.sql
-- backup.queue_heartbeat(p_channel, p_subject)
--
-- Why: a project that is paused, deleted or has no clock raises no alert. A ping after each success lets a service outside
-- notice that none came. Exports and verifications have a channel each, so that one cannot hide the silence of the other.
create or replace function backup.queue_heartbeat(p_channel text, p_subject text)
returns bigint
language sql
set search_path = ''
as $$
  insert into backup.alert_deliveries (event, cause, channel, content)
  select 'heartbeat', p_channel, p_channel, jsonb_build_object('project', s.project_ref, 'subject', p_subject)
  from backup.settings s
  returning delivery_id
$$;

comment on function backup.queue_heartbeat(text, text) is
  'Queues a ping on heartbeat_export or heartbeat_verify after a scheduled success; the subject is the id of the run or verification. Returns the delivery.';
revoke all on function backup.queue_heartbeat(text, text) from public;

-- sql/functions/close_verification.sql
-- requires: functions/_primary_backups_alert.sql, functions/queue_heartbeat.sql
-- backup.close_verification(verification id)
--
-- Why: called after every result, so whichever process brings the last one closes the verification.
-- The row lock comes before the look at the checks: of two processes that finish at once, the second sees the first.
-- A key update lock would deadlock them: both hold a key share lock on the row since they inserted their results.
create or replace function backup.close_verification(p_verification_id uuid)
returns backup.verdict
language plpgsql
set search_path = ''
as $$
declare
  v_verification backup.verifications;
  v_verdict      backup.verdict;
  v_failed       text[];
  v_inconclusive text[];
begin
  select * into v_verification from backup.verifications v where v.verification_id = p_verification_id
  for no key update;
  if not found then
    raise exception using errcode = 'HF006', message = format('verification %s does not exist', p_verification_id),
      hint = 'List them with: select verification_id, started_at from backup.verifications order by started_at desc;';
  end if;
  if v_verification.verdict is not null then
    return v_verification.verdict;
  end if;
  if exists (select from backup.verification_checks c where c.verification_id = p_verification_id and c.state <> 'done') then
    return null;
  end if;

  -- Passed is what has to be shown: "everything was skipped" and "nobody said anything" have shown nothing.
  select case
           when bool_or(r.verdict = 'failed') then 'failed'::backup.verdict
           when bool_or(r.verdict = 'passed') and not bool_or(r.verdict = 'inconclusive') then 'passed'
           else 'inconclusive'
         end,
         array_agg(distinct r.check_name) filter (where r.verdict = 'failed'),
         array_agg(distinct r.check_name) filter (where r.verdict = 'inconclusive')
  into v_verdict, v_failed, v_inconclusive
  from backup.verification_results r
  where r.verification_id = p_verification_id;

  update backup.verifications v
  set verdict = v_verdict, finished_at = clock_timestamp()
  where v.verification_id = p_verification_id;

  if v_verdict = 'failed' then
    perform backup.raise_alert('verification_failed', 'critical',
      format('verification failed: %s', array_to_string(v_failed, ', ')),
      jsonb_build_object('verification_id', p_verification_id, 'run_id', v_verification.run_id, 'checks', to_jsonb(v_failed)));
  elsif v_verdict = 'passed' then
    perform backup.resolve_alert('verification_failed');
    if v_verification.trigger = 'schedule' then
      perform backup.queue_heartbeat('heartbeat_verify', p_verification_id::text);
    end if;
  end if;

  -- An inconclusive verification does not clear an earlier failure: it did not look.
  if v_verdict = 'inconclusive' then
    perform backup.raise_alert('verification_inconclusive', 'warning',
      format('verification could not be completed: %s', coalesce(array_to_string(v_inconclusive, ', '), 'every check was skipped')),
      jsonb_build_object('verification_id', p_verification_id, 'run_id', v_verification.run_id, 'checks', to_jsonb(v_inconclusive)));
  else
    perform backup.resolve_alert('verification_inconclusive');
  end if;
  perform backup._primary_backups_alert(p_verification_id);
  return v_verdict;
end
$$;

comment on function backup.close_verification(uuid) is
  'Gives a verification its verdict once every check has reported, raises or resolves its alerts, and returns the verdict; null while a check is open. Errors: HF006.';
revoke all on function backup.close_verification(uuid) from public;

-- sql/functions/held_chunks.sql
-- requires: tables/chunks.sql
-- backup.held_chunks(p_run_id, p_claim_id)
--
-- Why: a worker that was slow, frozen or presumed dead must not report over the head of its successor. The rows are locked,
-- so that a claim cannot change hands between this look and the report.
-- Locks: the run row, so that reports, claims and the end of a run follow one another. Errors: HF003 the run has ended, HF004 the claim is no longer held.
create or replace function backup.held_chunks(p_run_id text, p_claim_id uuid)
returns setof backup.chunks
language plpgsql
set search_path = ''
as $$
declare
  v_state backup.run_state;
begin
  select r.state into v_state from backup.runs r where r.run_id = p_run_id for no key update;
  if v_state is distinct from 'exporting' then
    raise exception using errcode = 'HF003', message = format('run %s is not exporting', p_run_id),
      detail = format('Its state is %s.', coalesce(v_state::text, 'unknown')), hint = 'Stop the worker; the run has ended.';
  end if;
  return query
    select * from backup.chunks c
    where c.run_id = p_run_id and c.claim_id = p_claim_id and c.state = 'claimed'
    order by c.chunk_no
    for update;
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s of run %s is no longer held', p_claim_id, p_run_id),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
end;
$$;

comment on function backup.held_chunks(text, uuid) is 'Chunks a claim still holds, locked for the report. Errors: HF003, HF004.';
revoke all on function backup.held_chunks(text, uuid) from public;

-- sql/functions/complete_chunks.sql
-- requires: functions/held_chunks.sql
-- backup.complete_chunks(p_run_id, p_claim_id, p_results)
--
-- Why: a result counts only while the claim is held, and all results of a claim count together.
-- p_results: array of {chunk_no, object_key, sha256, raw_bytes, stored_bytes, rows, row_hash_sum, objects}; chunks of the
-- claim that are not named stay claimed. Errors: HF003, HF004.
create or replace function backup.complete_chunks(p_run_id text, p_claim_id uuid, p_results jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_held  integer[] := array(select h.chunk_no from backup.held_chunks(p_run_id, p_claim_id) h);
  v_count integer;
begin
  update backup.chunks c
     set state = 'done', done_at = clock_timestamp(), claim_id = null, lease_until = null,
         object_key = r.object_key, sha256 = r.sha256, raw_bytes = r.raw_bytes, stored_bytes = r.stored_bytes,
         rows = r.rows, row_hash_sum = r.row_hash_sum, objects = r.objects, error_code = null, error_message = null
    from jsonb_to_recordset(p_results) as r(
           chunk_no integer, object_key text, sha256 text, raw_bytes bigint, stored_bytes bigint,
           rows bigint, row_hash_sum numeric, objects jsonb)
   where c.run_id = p_run_id and c.chunk_no = r.chunk_no and c.chunk_no = any (v_held);
  get diagnostics v_count = row_count;
  if v_count <> jsonb_array_length(p_results) then
    raise exception using errcode = 'HF004',
      message = format('claim %s holds %s of %s reported chunks', p_claim_id, v_count, jsonb_array_length(p_results)),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  return v_count;
end;
$$;

comment on function backup.complete_chunks(text, uuid, jsonb) is 'Records the results of claimed chunks, all or none. Errors: HF003, HF004.';
revoke all on function backup.complete_chunks(text, uuid, jsonb) from public;

-- sql/functions/complete_delivery.sql
-- requires: tables/alert_deliveries.sql, functions/_reopen_untold.sql
-- backup.complete_delivery(p_delivery_id, p_claim_id, p_status_code)
--
-- Why: the receiver has it, so the channel works, and open alerts that were given up on it are told. Returns false when the claim was lost: another function has sent it too, and its report counts.
create or replace function backup.complete_delivery(p_delivery_id bigint, p_claim_id uuid, p_status_code integer)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_channel text;
begin
  update backup.alert_deliveries d
     set state = 'sent', status_code = p_status_code, error = null, finished_at = clock_timestamp(), claim_id = null, lease_until = null
   where d.delivery_id = p_delivery_id and d.claim_id = p_claim_id
  returning d.channel into v_channel;
  if not found then
    return false;
  end if;
  if v_channel not like 'heartbeat%' then
    perform backup._reopen_untold(v_channel, clock_timestamp(), clock_timestamp());
  end if;
  return true;
end
$$;

comment on function backup.complete_delivery(bigint, uuid, integer) is 'Records that a message has arrived, and has open alerts told that were given up on its channel; false when the claim is no longer held.';
revoke all on function backup.complete_delivery(bigint, uuid, integer) from public;

-- sql/functions/complete_drill_step.sql
-- requires: functions/_held_drill_step.sql
-- backup.complete_drill_step(p_drill_id, p_step_no, p_claim_id, p_seconds, p_result, p_append)
--
-- Why: a result counts only while the claim is held, and the steps that follow from it are planned in the same
-- transaction, so that they are planned once. p_append: array of {kind, phase, alone, payload}, worked on after all that
-- are there. Returns the number of steps that are left. Errors: HF522, HF523.
create or replace function backup.complete_drill_step(
  p_drill_id uuid, p_step_no integer, p_claim_id uuid, p_seconds numeric, p_result jsonb default null, p_append jsonb default '[]')
returns integer
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_drill_step(p_drill_id, p_step_no, p_claim_id);
  update backup.drill_steps s
     set state = 'done', seconds = p_seconds, result = p_result, claim_id = null, lease_until = null,
         error_code = null, error_message = null
   where s.drill_id = p_drill_id and s.step_no = p_step_no;
  insert into backup.drill_steps (drill_id, step_no, kind, phase, alone, payload)
  select p_drill_id, (select max(s.step_no) from backup.drill_steps s where s.drill_id = p_drill_id) + a.no,
         a.step ->> 'kind', a.step ->> 'phase', coalesce((a.step ->> 'alone')::boolean, false), coalesce(a.step -> 'payload', '{}')
  from jsonb_array_elements(p_append) with ordinality as a(step, no);
  return (select count(*) from backup.drill_steps s where s.drill_id = p_drill_id and s.state <> 'done');
end;
$$;

comment on function backup.complete_drill_step(uuid, integer, uuid, numeric, jsonb, jsonb) is
  'Records a finished step and appends the steps that follow from it; returns how many are left. Errors: HF522, HF523.';
revoke all on function backup.complete_drill_step(uuid, integer, uuid, numeric, jsonb, jsonb) from public;

-- sql/functions/included_schemas.sql
-- backup.included_schemas()
--
-- Why: one answer to "what does a backup cover", used by the planner and by every check.
-- System schemas and schemas whose content the platform rebuilds or that hold only passing state are left out;
-- everything else is in, so that a schema nobody has heard of is backed up rather than forgotten.
create or replace function backup.included_schemas()
returns setof name
language sql
stable
set search_path = ''
as $$
  select n.nspname
  from pg_catalog.pg_namespace n
  cross join backup.settings s
  where n.nspname !~ '^pg_'
    and n.nspname <> all (array[
      'information_schema', 'backup', 'extensions', 'cron', 'net', 'vault',
      'graphql', 'graphql_public', 'pgbouncer', 'pgsodium', 'pgsodium_masks', 'pgtle', 'repack',
      'realtime', '_realtime', '_analytics', '_supavisor', 'supabase_functions', 'etl', 'dbdev']::name[])
    and (s.included_schemas is null or n.nspname::text = any (s.included_schemas))
    and n.nspname::text <> all (s.excluded_schemas)
  order by n.nspname
$$;

comment on function backup.included_schemas() is
  'Schemas whose tables a backup covers: all but system and ephemeral ones, narrowed by backup.settings.';
revoke all on function backup.included_schemas() from public;

-- sql/functions/coverage_gaps.sql
-- requires: functions/included_schemas.sql
-- backup.coverage_gaps()
--
-- Why: what a backup does not hold is part of its result and must be told before somebody needs it. Tables that are left
-- out are in backup.run_tables with their reason; this names what is no table, or what looks covered and is not.
-- What its caller may not look into is named as well, instead of failing the run.
create or replace function backup.coverage_gaps()
returns table (code text, subject text, message text)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_count bigint;
  v_table record;
begin
  for v_table in
    -- By object id: asked by name, a role without USAGE on the schema is refused instead of answered.
    select c.oid, n.nspname, c.relname, i.code, i.message,
           has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid) as readable
    from (
      values ('vault', 'secrets', 'vault_not_covered',
              '%s Vault secrets are not in the backup: they are encrypted with a key that never leaves the project. Keep them elsewhere as well.'),
             ('storage', 'objects', 'storage_files_not_covered',
              'The rows of %s Storage files are in the backup, the files themselves are not.')
    ) as i (schema_name, table_name, code, message)
    join pg_catalog.pg_namespace n on n.nspname = i.schema_name
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.table_name
    union all
    select distinct c.oid, n.nspname, c.relname, 'extension_rows_not_covered',
           'Rows of a configuration table of extension ' || replace(e.extname, '%', '%%') || ' are not in the backup.',
           has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid)
    from pg_catalog.pg_extension e
    cross join lateral unnest(e.extconfig) as member(oid)
    join pg_catalog.pg_class c on c.oid = member.oid and c.relkind = 'r'
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname <> all (array['cron', 'vault', 'net'])
  loop
    subject := format('%I.%I', v_table.nspname, v_table.relname);
    if not v_table.readable then
      code := 'coverage_unknown';
      message := format('Whether it holds rows that are not in the backup is not known: role %I may not read it.', current_user);
      return next;
      continue;
    end if;
    execute format('select count(*) from %I.%I', v_table.nspname, v_table.relname) into v_count;
    if v_count > 0 then
      code := v_table.code;
      message := format(v_table.message, v_count);
      return next;
    end if;
  end loop;
  -- The platform brings its own objects back and not what a project has put beside them. A schema that settings leave out is
  -- left out on purpose, jobs of pg_cron are in globals.json, and policies on what Realtime sends are in schema.json.
  if has_table_privilege('backup.settings', 'select') and has_function_privilege('backup.included_schemas()', 'execute') then
    return query
    with outside as (
      select n.oid, n.nspname
      from pg_catalog.pg_namespace n cross join backup.settings s
      where n.nspname !~ '^pg_' and n.nspname <> all (array['information_schema', 'backup', 'backup_tests', 'holdfast_restore', 'cron']::name[])
        and s.included_schemas is null and n.nspname::text <> all (s.excluded_schemas)
        and n.nspname not in (select backup.included_schemas())
    ), found as (
      select o.nspname, format('policy %I on %I', p.polname, c.relname) as object
      from outside o
      join pg_catalog.pg_class c on c.relnamespace = o.oid
      join pg_catalog.pg_policy p on p.polrelid = c.oid
      where o.nspname <> 'realtime' and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid and d.deptype = 'e')
      union all
      select o.nspname, format('%s %I', case when f.prokind = 'p' then 'procedure' else 'function' end, f.proname)
      from outside o
      join pg_catalog.pg_proc f on f.pronamespace = o.oid
      where f.proowner::regrole::text !~ '^(supabase_(\\w+_)?admin|pgbouncer)$' and f.prorettype <> 'pg_catalog.event_trigger'::regtype
        and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
      union all
      select o.nspname, format('trigger %I on %I', t.tgname, c.relname)
      from outside o
      join pg_catalog.pg_class c on c.relnamespace = o.oid
      join pg_catalog.pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
      join pg_catalog.pg_proc f on f.oid = t.tgfoid
      join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace
      where fn.nspname in (select backup.included_schemas()) and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_trigger'::regclass and d.objid = t.oid and d.deptype = 'e')
    )
    select 'objects_not_covered', format('schema %I', f.nspname),
           format('Backups do not cover this schema, so what the project has in it is not in one: %s%s. Keep the statements that make it elsewhere as well.',
             array_to_string((array_agg(f.object order by f.object))[1:10], ', '),
             case when count(*) > 10 then format(' and %s more', count(*) - 10) else '' end)
    from found f
    group by f.nspname
    order by f.nspname;
    -- An event trigger belongs to no schema, so it is missed whatever its function's schema is left out for.
    return query
    select 'objects_not_covered', format('event trigger %I', e.evtname),
           format('It is not in the backup, as its function is in schema %s, which is not. Keep the statements that make it elsewhere as well.', n.nspname)
    from pg_catalog.pg_event_trigger e
    join pg_catalog.pg_proc f on f.oid = e.evtfoid
    join pg_catalog.pg_namespace n on n.oid = f.pronamespace
    where n.nspname not in (select backup.included_schemas()) and e.evtowner::regrole::text !~ '^supabase_(\\w+_)?admin$'
      and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
    order by e.evtname;
  else
    return query select 'coverage_unknown', 'backup.settings',
      format('Whether the project has objects in schemas that are not covered is not known: role %I may not read it.', current_user);
  end if;
  select count(*) into v_count from pg_catalog.pg_largeobject_metadata;
  if v_count > 0 then
    return query select 'large_objects_not_covered', 'pg_largeobject', format('%s large objects are not in the backup.', v_count);
  end if;
end;
$$;

comment on function backup.coverage_gaps() is
  'What a backup of this database does not hold although one might expect it: Vault secrets, Storage files, large objects, rows of extensions, policies, triggers and functions of the project in schemas of the platform. What its caller may not read is named as coverage_unknown.';
revoke all on function backup.coverage_gaps() from public;

-- sql/functions/installed_schedules.sql
-- backup.installed_schedules()
--
-- Why: cron.job may be missing or closed to the caller, and both mean that nothing is installed. One-off jobs, which hold a
-- snapshot or run a check, are not part of the strategy. Row security is on for the reason given in backup.unschedule().
create or replace function backup.installed_schedules()
returns table (job_name text, schedule text)
language plpgsql
stable
set search_path = ''
set row_security = on
as $$
begin
  if to_regclass('cron.job') is null or not coalesce(has_schema_privilege(to_regnamespace('cron')::oid, 'usage'), false) then
    return;
  end if;
  return query execute $q$
    select j.jobname::text, j.schedule from cron.job j
    where j.jobname like 'holdfast-%' and j.command like 'select backup.run_job(%' order by 1 $q$;
end
$$;

comment on function backup.installed_schedules() is 'Jobs of Holdfast that pg_cron has, with their schedules; none without pg_cron.';
revoke all on function backup.installed_schedules() from public;

-- sql/functions/disable.sql
-- requires: functions/unschedule.sql, functions/installed_schedules.sql, tables/policies.sql
-- backup.disable()
--
-- Why: one call stops everything Holdfast starts by itself. Backups in the bucket and the ledger stay.
create or replace function backup.disable()
returns void
language plpgsql
set search_path = ''
as $$
begin
  update backup.policies p set enabled = false where p.provider = 'aws_s3';
  perform backup.unschedule(i.job_name) from backup.installed_schedules() i;
end;
$$;

comment on function backup.disable() is 'Turns the S3 backup off and removes every schedule; what is in the bucket stays. Safe to call again.';
revoke all on function backup.disable() from public;

-- sql/functions/dispatch_deliveries.sql
-- requires: tables/alert_deliveries.sql, tables/tickets.sql, functions/dispatch.sql
-- backup.dispatch_deliveries(p_now)
--
-- Why: deliver-alerts is sent for when something is due, and not again while its ticket waits to be claimed: a function that is
-- not deployed is called every five minutes, not every minute. What nobody has taken for a day is given up, which shows as
-- delivery_failing. The day has to hold calls: where the project was paused, nobody was asked.
-- Returns how many functions were dispatched.
create or replace function backup.dispatch_deliveries(p_now timestamptz default clock_timestamp())
returns integer
language plpgsql
set search_path = ''
as $$
begin
  update backup.alert_deliveries d
     set state = 'failed', error = 'function deliver-alerts has not taken it for a day', finished_at = p_now, claim_id = null, lease_until = null
   where d.state = 'pending' and greatest(d.queued_at, d.not_before, d.lease_until) < p_now - interval '1 day'
     and d.calls >= 100;
  if not exists (select from backup.alert_deliveries d
                 where d.state = 'pending' and d.not_before <= p_now and (d.lease_until is null or d.lease_until <= p_now))
     or exists (select from backup.tickets t where t.function_name = 'deliver-alerts' and t.claimed_at is null and t.expires_at > p_now) then
    return 0;
  end if;
  perform backup.dispatch('deliver-alerts', '{"action": "deliver"}');
  update backup.alert_deliveries d set calls = d.calls + 1
   where d.state = 'pending' and d.not_before <= p_now and (d.lease_until is null or d.lease_until <= p_now);
  return 1;
end
$$;

comment on function backup.dispatch_deliveries(timestamptz) is
  'Sends for function deliver-alerts when a message is due; gives up what no function has taken for a day. Returns how many it sent for.';
revoke all on function backup.dispatch_deliveries(timestamptz) from public;

-- sql/functions/drill_progress.sql
-- requires: tables/drill_steps.sql
-- backup.drill_progress(p_drill_id)
--
-- Why: a worker that finds nothing to claim asks what to do: wait for a back-off, leave the rest to another, or stop.
create or replace function backup.drill_progress(
  p_drill_id uuid,
  out state text, out verdict backup.verdict, out steps_done integer, out steps_total integer, out kind text, out phase text,
  out held boolean, out next_claim_in interval, out failure_code text, out failure_message text)
language sql
stable
set search_path = ''
as $$
  select d.state, d.verdict, c.done, c.total, n.kind, n.phase,
         coalesce(n.state = 'claimed' and n.lease_until >= clock_timestamp(), false),
         -- Steps that never failed have not_before -infinity, from which older servers cannot subtract.
         case when n.state = 'pending' and n.not_before > clock_timestamp() then n.not_before - clock_timestamp() end,
         d.failure_code, d.failure_message
  from backup.drills d
  cross join lateral (select count(*) filter (where s.state = 'done')::integer as done, count(*)::integer as total
                      from backup.drill_steps s where s.drill_id = d.drill_id) c
  left join lateral (select * from backup.drill_steps s where s.drill_id = d.drill_id and s.state <> 'done'
                     order by s.step_no limit 1) n on true
  where d.drill_id = p_drill_id
$$;

comment on function backup.drill_progress(uuid) is
  'State of a drill, how many steps are done, which is next, whether somebody holds it and when its back-off ends. Nulls for an unknown drill.';
revoke all on function backup.drill_progress(uuid) from public;

-- sql/functions/end_stuck_runs.sql
-- requires: functions/fail_run.sql, functions/keeper_snapshot.sql, tables/settings.sql
-- backup.end_stuck_runs()
--
-- Why: a run whose keeper never came or has died cannot finish; saying so at once beats workers that find out one by one.
-- Returns the runs it ended.
create or replace function backup.end_stuck_runs()
returns setof text
language plpgsql
set search_path = ''
as $$
declare
  v_settings backup.settings;
  v_run      backup.runs;
  v_held     text;
begin
  select * into v_settings from backup.settings;
  for v_run in
    select * from backup.runs r where r.state in ('starting', 'exporting') for update skip locked
  loop
    -- After the lock: a look taken before could miss a keeper that published its snapshot in between.
    v_held := (select k.snapshot_id from backup.keeper_snapshot(v_run.run_id) k);
    if v_run.state = 'exporting' and v_held is distinct from v_run.snapshot_id then
      perform backup.fail_run(v_run.run_id, 'HF300', 'snapshot lost', 'The session that held the snapshot has ended.');
      return next v_run.run_id;
    elsif v_run.state = 'starting' and v_held is null
          and clock_timestamp() > v_run.requested_at + v_settings.keeper_start_timeout then
      perform backup.fail_run(v_run.run_id, 'HF005', 'keeper did not start',
        'No session took the snapshot within backup.settings.keeper_start_timeout. Is pg_cron running?');
      return next v_run.run_id;
    end if;
  end loop;
end;
$$;

comment on function backup.end_stuck_runs() is 'Fails active runs whose keeper has died or never came; returns their ids.';
revoke all on function backup.end_stuck_runs() from public;

-- sql/functions/run_progress.sql
-- requires: tables/runs.sql, tables/chunks.sql
-- backup.run_progress(p_run_id)
--
-- Why: a worker that finds nothing to claim asks what to do: wait for a back-off, leave the rest to others, or stop.
create or replace function backup.run_progress(
  p_run_id text,
  out state backup.run_state, out chunks_done bigint, out chunks_total bigint, out bytes_done bigint, out bytes_total bigint,
  out claimable bigint, out next_claim_in interval, out failure_code text, out failure_message text)
language sql
stable
set search_path = ''
as $$
  select r.state,
         count(c) filter (where c.state = 'done'),
         count(c) filter (where c.state <> 'replaced'),
         coalesce(sum(c.estimated_bytes) filter (where c.state = 'done'), 0)::bigint,
         coalesce(sum(c.estimated_bytes) filter (where c.state <> 'replaced'), 0)::bigint,
         count(c) filter (where c.phase = p.phase and (
             (c.state = 'pending' and c.not_before <= clock_timestamp())
             or (c.state = 'claimed' and c.lease_until < clock_timestamp()))),
         -- Chunks that never failed have not_before -infinity, from which older servers cannot subtract.
         min(c.not_before) filter (where c.phase = p.phase and c.state = 'pending' and c.not_before > clock_timestamp())
           - clock_timestamp(),
         r.failure_code, r.failure_message
  from backup.runs r
  left join backup.chunks c on c.run_id = r.run_id
  left join lateral (select min(o.phase) as phase from backup.chunks o
                     where o.run_id = r.run_id and o.state in ('pending', 'claimed')) p on true
  where r.run_id = p_run_id
  group by r.run_id
$$;

comment on function backup.run_progress(text) is 'State of a run, how much is done, what can be claimed now and when the next back-off ends. Nulls for an unknown run.';
revoke all on function backup.run_progress(text) from public;

-- sql/functions/hand_over.sql
-- requires: functions/dispatch.sql, functions/run_progress.sql
-- backup.hand_over(p_run_id, p_workers)
--
-- Why: a function that has spent its budget asks the database for a fresh one. Only while there is something to claim: the
-- worker that finishes a phase goes on with the next one itself.
-- Returns how many were dispatched.
create or replace function backup.hand_over(p_run_id text, p_workers integer default 1)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_progress record;
  v_count    integer := 0;
begin
  select * into v_progress from backup.run_progress(p_run_id);
  if v_progress.state = 'exporting' then
    v_count := least(p_workers, v_progress.claimable)::integer;
    for i in 1 .. v_count loop
      perform backup.dispatch('export-backup', jsonb_build_object('action', 'work', 'run_id', p_run_id), p_run_id);
    end loop;
  end if;
  return v_count;
end;
$$;

comment on function backup.hand_over(text, integer) is 'Dispatches fresh workers for a run while chunks can be claimed; returns how many.';
revoke all on function backup.hand_over(text, integer) from public;

-- sql/functions/live_workers.sql
-- requires: tables/chunks.sql, tables/tickets.sql
-- backup.live_workers(p_run_id)
--
-- Why: how many workers a run has, without asking them: those with a running lease, and those whose ticket was issued so
-- recently that they may not have claimed anything yet. Counting too many only delays help until the next minute.
create or replace function backup.live_workers(p_run_id text)
returns integer
language sql
stable
set search_path = ''
as $$
  select (select count(distinct c.claimed_by) from backup.chunks c
          where c.run_id = p_run_id and c.state = 'claimed' and c.lease_until > clock_timestamp())::integer
       + (select count(*) from backup.tickets t
          where t.run_id = p_run_id and t.issued_at > clock_timestamp() - interval '20 seconds')::integer
$$;

comment on function backup.live_workers(text) is 'Estimate of the functions that work on a run right now.';
revoke all on function backup.live_workers(text) from public;

-- sql/functions/revive_runs.sql
-- requires: functions/hand_over.sql, functions/live_workers.sql, tables/settings.sql
-- backup.revive_runs()
--
-- Why: workers die without a word: out of CPU time, out of memory, or with their isolate. Each minute the missing ones of
-- every active run are replaced. Runs of the command line look after themselves.
-- Returns how many workers were dispatched.
create or replace function backup.revive_runs()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_workers integer := (select s.workers from backup.settings s);
  v_count   integer := 0;
  v_run     record;
begin
  for v_run in
    select r.run_id, r.state from backup.runs r
    where r.engine = 'functions' and r.state in ('starting', 'exporting') and r.keeper_pid is not null
  loop
    if v_run.state = 'starting' and backup.live_workers(v_run.run_id) = 0 then
      perform backup.dispatch('export-backup', jsonb_build_object('action', 'work', 'run_id', v_run.run_id), v_run.run_id);
      v_count := v_count + 1;
    elsif v_run.state = 'exporting' then
      v_count := v_count + backup.hand_over(v_run.run_id, greatest(0, v_workers - backup.live_workers(v_run.run_id)));
    end if;
  end loop;
  return v_count;
end;
$$;

comment on function backup.revive_runs() is 'Dispatches workers for active runs that have fewer than backup.settings.workers; returns how many.';
revoke all on function backup.revive_runs() from public;

-- sql/functions/end_stuck_drills.sql
-- requires: tables/drills.sql, tables/settings.sql, functions/fail_drill.sql
-- backup.end_stuck_drills()
--
-- Why: a drill that never ends holds a copy of the database on disk and keeps the next one from starting.
-- Returns the drills it ended.
create or replace function backup.end_stuck_drills()
returns setof uuid
language plpgsql
set search_path = ''
as $$
declare
  v_drill record;
begin
  for v_drill in
    select d.drill_id, s.drill_timeout from backup.drills d cross join backup.settings s
    where d.state = 'running' and d.engine = 'functions' and d.started_at < clock_timestamp() - s.drill_timeout
    for update of d skip locked
  loop
    perform backup.fail_drill(v_drill.drill_id, 'HF521', format('drill has not ended within %s', v_drill.drill_timeout));
    return next v_drill.drill_id;
  end loop;
end;
$$;

comment on function backup.end_stuck_drills() is 'Fails active drills that take longer than backup.settings.drill_timeout; returns their ids.';
revoke all on function backup.end_stuck_drills() from public;

-- sql/functions/hand_over_drill.sql
-- requires: functions/dispatch.sql, tables/drills.sql
-- backup.hand_over_drill(p_drill_id)
--
-- Why: a function that has spent its budget asks the database for a fresh one. Only while the drill is active.
-- Returns whether one was dispatched.
create or replace function backup.hand_over_drill(p_drill_id uuid)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if not exists (select from backup.drills d where d.drill_id = p_drill_id and d.state = 'running' and d.engine = 'functions') then
    return false;
  end if;
  perform backup.dispatch('restore-drill', jsonb_build_object('action', 'work', 'drill_id', p_drill_id));
  return true;
end;
$$;

comment on function backup.hand_over_drill(uuid) is 'Dispatches a fresh worker for a drill; false when it has ended.';
revoke all on function backup.hand_over_drill(uuid) from public;

-- sql/functions/revive_drills.sql
-- requires: functions/hand_over_drill.sql, functions/drill_progress.sql, tables/tickets.sql
-- backup.revive_drills()
--
-- Why: a worker that died leaves a lease that runs out, or a ticket nobody used. Each minute the active drill gets a
-- worker unless it has one, one was sent for a moment ago, or a back-off is still running.
-- Returns how many workers were dispatched.
create or replace function backup.revive_drills()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_drill record;
  v_count integer := 0;
begin
  for v_drill in
    select d.drill_id from backup.drills d cross join lateral backup.drill_progress(d.drill_id) p
    where d.state = 'running' and d.engine = 'functions' and not p.held and coalesce(p.next_claim_in, '0') <= interval '0'
      and not exists (select from backup.tickets t
                      where t.function_name = 'restore-drill' and t.body ->> 'drill_id' = d.drill_id::text
                        and t.issued_at > clock_timestamp() - interval '20 seconds')
  loop
    perform backup.hand_over_drill(v_drill.drill_id);
    v_count := v_count + 1;
  end loop;
  return v_count;
end;
$$;

comment on function backup.revive_drills() is 'Dispatches a worker for the active drill when nobody works on it; returns how many.';
revoke all on function backup.revive_drills() from public;

-- sql/functions/orphaned_scratch_databases.sql
-- requires: tables/drills.sql
-- backup.orphaned_scratch_databases()
--
-- Why: a worker that dies leaves a whole copy of the database on disk. A scratch database is named after the database
-- whose ledger it belongs to and after its drill, so that ledgers on one server leave each other's alone. It is an orphan
-- when that drill is over or unknown, or when the database of its ledger is gone.
create or replace function backup.orphaned_scratch_databases()
returns table (database_name name, drill_id uuid, reason text)
language sql
stable
set search_path = ''
as $$
  select b.datname, n.drill_id,
         case when o.oid is null then 'its ledger is gone'
              when d.drill_id is null then 'its drill is unknown'
              else format('its drill is %s', d.state) end
  from pg_catalog.pg_database b
  cross join lateral regexp_match(b.datname::text, '^holdfast_drill_(\\d{1,10})_([0-9a-f]{32})$') as m(part)
  cross join lateral (select case when m.part[1]::bigint <= 4294967295 then m.part[1]::bigint::oid end as ledger, m.part[2]::uuid as drill_id) n
  left join pg_catalog.pg_database o on o.oid = n.ledger
  left join backup.drills d on d.drill_id = n.drill_id
  where n.ledger is not null
    and (o.oid is null or (o.datname = current_database() and (d.drill_id is null or d.state <> 'running')))
  order by b.datname
$$;

comment on function backup.orphaned_scratch_databases() is
  'Scratch databases of drills that are over or unknown, with the reason. drop database cannot run inside a function; the function restore-drill does it.';
revoke all on function backup.orphaned_scratch_databases() from public;

-- sql/functions/reap_scratch_databases.sql
-- requires: functions/orphaned_scratch_databases.sql, functions/dispatch.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup.reap_scratch_databases()
--
-- Why: drop database cannot run inside a transaction, so the database asks an Edge Function for it: at once when it finds
-- an orphan, then every ten minutes. What a first attempt has not removed needs a person.
-- Returns how many functions were dispatched.
create or replace function backup.reap_scratch_databases()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_names text;
  v_last  timestamptz;
begin
  select string_agg(o.database_name, ', ') into v_names from backup.orphaned_scratch_databases() o;
  if v_names is null then
    perform backup.resolve_alert('scratch_database_left');
    return 0;
  end if;
  select max(t.issued_at) into v_last from backup.tickets t
  where t.function_name = 'restore-drill' and t.body ->> 'action' = 'reap';
  if v_last > clock_timestamp() - interval '10 minutes' then
    return 0;
  end if;
  if v_last is not null then
    perform backup.raise_alert('scratch_database_left', 'warning',
      format('A restore drill has left a scratch database that could not be dropped: %s', v_names));
  end if;
  perform backup.dispatch('restore-drill', '{"action": "reap"}');
  return 1;
end;
$$;

comment on function backup.reap_scratch_databases() is
  'Sends an Edge Function to drop scratch databases of drills that are over; returns how many it sent. Raises alert scratch_database_left when one stays.';
revoke all on function backup.reap_scratch_databases() from public;

-- sql/functions/settle_alerts.sql
-- requires: functions/alert_causes.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup.settle_alerts(p_now)
--
-- Why: a condition that lasts is one alert. It is counted once and its words are kept current; only last_seen moves with each
-- look, so that occurrences stays a count of events. What is gone resolves by itself.
-- Returns how many alerts it opened or resolved.
create or replace function backup.settle_alerts(p_now timestamptz default now())
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_cause   record;
  v_changed integer := 0;
begin
  for v_cause in select * from backup.alert_causes(p_now) loop
    if v_cause.present then
      update backup.alerts a
      set last_seen = clock_timestamp(), severity = v_cause.severity, message = v_cause.message, details = v_cause.details
      where a.cause = v_cause.cause and a.resolved_at is null;
      if not found then
        perform backup.raise_alert(v_cause.cause, v_cause.severity, v_cause.message, v_cause.details);
        v_changed := v_changed + 1;
      end if;
    elsif not v_cause.present and backup.resolve_alert(v_cause.cause) then
      v_changed := v_changed + 1;
    end if;
  end loop;
  return v_changed;
end
$$;

comment on function backup.settle_alerts(timestamptz) is
  'Raises and resolves the alerts whose causes lie in the ledger, as missed_run; returns how many it opened or resolved. The minute tick calls it.';
revoke all on function backup.settle_alerts(timestamptz) from public;

-- sql/functions/queue_alerts.sql
-- requires: tables/alert_deliveries.sql, tables/settings.sql, functions/_reopen_untold.sql, functions/_utc_text.sql
-- backup.queue_alerts(p_now)
--
-- Why: what has been told about a cause is compared with how it stands, and the difference is queued. So an alert is told once
-- however often it is seen, a cause that comes and goes is told at most alert_max_per_hour times and rightly at the end, and
-- nothing has to be alive but pg_cron. What went away before anybody was told is not told.
-- An alert that nobody could be told of counts as told for a day: without a channel that works there is one look a day, not one
-- a minute. What was given up stays as it is, and is said again as an event of its own.
-- Returns how many events it queued.
create or replace function backup.queue_alerts(p_now timestamptz default now())
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_reopened integer;
  v_queued   integer;
begin
  -- Two ticks at once must not both tell the same.
  perform s.id from backup.settings s for update;
  v_reopened := backup._reopen_untold(null, p_now - interval '1 day', p_now);
  insert into backup.alert_deliveries (alert_id, event, cause, content, not_before, queued_at)
  select a.alert_id, e.event, a.cause,
         jsonb_build_object('project', s.project_ref, 'cause', a.cause, 'severity', a.severity, 'message', a.message, 'occurrences', a.occurrences,
           'first_seen', backup._utc_text(a.raised_at), 'last_seen', backup._utc_text(a.last_seen), 'resolved_at', backup._utc_text(a.resolved_at),
           'opened_last_day', (select count(*) from backup.alerts o where o.cause = a.cause and o.raised_at > p_now - interval '1 day')),
         p_now, p_now
  from backup.settings s
  cross join (select distinct on (n.cause) n.* from backup.alerts n order by n.cause, n.alert_id desc) a
  left join lateral (
    select d.event, d.alert_id, d.content ->> 'severity' as severity, d.queued_at, l.lost_at,
           -- Somebody may know of it: since it was last over, something arrived or is on its way.
           exists (select from backup.alert_deliveries o
                   where o.cause = a.cause and o.alert_id is not null and o.event <> 'resolved' and o.state in ('pending', 'sent')
                     and not exists (select from backup.alert_deliveries r
                                     where r.cause = a.cause and r.event = 'resolved' and r.queued_at > o.queued_at)) as heard
    from backup.alert_deliveries d
    cross join lateral (
      select case when not bool_or(o.state in ('pending', 'sent')) then max(o.finished_at) end as lost_at
      from backup.alert_deliveries o where o.event_id = d.event_id
    ) l
    where d.cause = a.cause and d.alert_id is not null
    order by d.queued_at desc, d.delivery_id desc limit 1
  ) t on true
  cross join lateral (
    select t.event is null or t.event = 'resolved' or (t.alert_id <> a.alert_id and not t.heard) as quiet
  ) q
  cross join lateral (
    select case when a.resolved_at is null and q.quiet then 'raised'
                when a.resolved_at is null and a.severity = 'critical' and t.severity = 'warning' then 'escalated'
                when a.resolved_at is null and t.lost_at <= p_now - interval '1 day' then t.event
                when a.resolved_at is null and t.queued_at <= p_now - s.alert_reminder_after then 'reminder'
                when a.resolved_at is not null and not q.quiet and t.heard then 'resolved' end as event
  ) e
  where e.event is not null
    and (select count(distinct d.event_id) from backup.alert_deliveries d
         where d.cause = a.cause and d.alert_id is not null and d.queued_at > p_now - interval '1 hour') < s.alert_max_per_hour;
  get diagnostics v_queued = row_count;
  return v_reopened + v_queued;
end
$$;

comment on function backup.queue_alerts(timestamptz) is
  'Queues in backup.alert_deliveries what has to be told: alerts that were raised, became critical, are due for a reminder or were resolved. Returns how many events.';
revoke all on function backup.queue_alerts(timestamptz) from public;

-- sql/functions/tick.sql
-- requires: functions/end_stuck_runs.sql, functions/revive_runs.sql, functions/end_stuck_drills.sql, functions/revive_drills.sql, functions/reap_scratch_databases.sql, functions/settle_alerts.sql, functions/queue_alerts.sql, functions/dispatch_deliveries.sql, functions/raise_alert.sql, functions/resolve_alert.sql, tables/tickets.sql
-- backup.tick()
--
-- Why: the heartbeat. Everything that must go on although a function died is done here, once a minute, by pg_cron.
-- Each step is a block of its own, so that one that raises neither undoes nor keeps back the others: alerts are judged and
-- queued whatever else fails. Its error is returned, run_job() counts the tick as failed, and the next one alarms (job_failing).
-- An error in judging alerts is an alert itself, and so is one in queueing them.
-- Returns what it did, as {"ended": n, "dispatched": n, "checks_closed": n, "tickets_deleted": n, "alerts": n, "events": n, "deliveries": n},
-- and only if there are any "errors": [{"step", "code", "error"}].
create or replace function backup.tick()
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_done       jsonb := '{"ended": 0, "dispatched": 0, "checks_closed": 0, "tickets_deleted": 0}';
  v_errors     jsonb := '[]';
  v_key        text;
  v_step       text;
  v_statement  text;
  v_count      integer;
  v_alerts     integer;
  v_events     integer := 0;
  v_deliveries integer := 0;
  v_code       text;
  v_error      text;
begin
  for v_key, v_step, v_statement in values
    ('ended', 'end_stuck_runs', 'select count(*) from backup.end_stuck_runs()'),
    ('ended', 'end_stuck_drills', 'select count(*) from backup.end_stuck_drills()'),
    ('dispatched', 'revive_runs', 'select backup.revive_runs()'),
    ('dispatched', 'revive_drills', 'select backup.revive_drills()'),
    ('dispatched', 'reap_scratch_databases', 'select backup.reap_scratch_databases()'),
    ('checks_closed', 'close_overdue_checks', 'select count(*) from backup.close_overdue_checks()'),
    -- Used and expired tickets are of no use after an hour; claim_ticket() refuses them anyway.
    ('tickets_deleted', 'delete_tickets', $q$
      with gone as (delete from backup.tickets t where t.expires_at < clock_timestamp() - interval '1 hour' returning t.ticket_id)
      select count(*) from gone$q$)
  loop
    begin
      execute v_statement into v_count;
      v_done := v_done || jsonb_build_object(v_key, (v_done ->> v_key)::integer + v_count);
    exception when others then
      get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
      v_errors := v_errors || jsonb_build_object('step', v_step, 'code', v_code, 'error', v_error);
    end;
  end loop;
  begin
    v_alerts := backup.settle_alerts() + backup.resolve_alert('alerts_unjudged')::integer;
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    perform backup.raise_alert('alerts_unjudged', 'critical', format('the causes of alerts cannot be judged: %s', v_error),
                               jsonb_build_object('code', v_code));
    v_alerts := 1;
  end;
  begin
    v_events := backup.queue_alerts();
    perform backup.resolve_alert('alerts_unqueued');
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    perform backup.raise_alert('alerts_unqueued', 'critical', format('alerts cannot be queued for delivery: %s', v_error),
                               jsonb_build_object('code', v_code));
    v_alerts := v_alerts + 1;
  end;
  begin
    v_deliveries := backup.dispatch_deliveries();
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    v_errors := v_errors || jsonb_build_object('step', 'dispatch_deliveries', 'code', v_code, 'error', v_error);
  end;
  return v_done || jsonb_build_object('alerts', v_alerts, 'events', v_events, 'deliveries', v_deliveries)
         || case when v_errors = '[]' then '{}' else jsonb_build_object('errors', v_errors) end;
end;
$$;

comment on function backup.tick() is 'The minute heartbeat: ends stuck runs and drills, replaces dead workers, has left scratch databases dropped, closes overdue checks, deletes old tickets, raises, resolves and queues alerts and has them delivered.';
revoke all on function backup.tick() from public;

-- sql/functions/start_drill.sql
-- requires: tables/drill_steps.sql, tables/settings.sql, views/restore_points.sql, functions/end_stuck_drills.sql
-- backup.start_drill(p_trigger, p_from)
--
-- Why: the one way a drill by functions comes into being. The restore point is chosen here, so that older ones are tried
-- as well: untried ones first, and only such that retention has not reached. What is archived is left out, since a function
-- does not live as long as thawing takes. The unique index on active drills makes a
-- second one impossible, also when two callers arrive in the same instant.
-- p_from: latest, random, alternate, a run id, or null for backup.settings.drill_from. The next tick sends a worker when
-- the caller is none.
-- Errors: HF001 no such run, HF500 no restore point, HF507 another drill is active, HF603 the run, or every one, is archived.
create or replace function backup.start_drill(p_trigger text, p_from text default null)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_settings  backup.settings;
  v_selection text := p_from;
  v_run       record;
  v_drill_id  uuid := gen_random_uuid();
  v_active    uuid;
begin
  perform backup.end_stuck_drills();
  select * into v_settings from backup.settings;
  v_selection := coalesce(p_from, v_settings.drill_from);
  if v_selection = 'alternate' then
    v_selection := coalesce((select case d.selection when 'latest' then 'random' else 'latest' end from backup.drills d
                             where d.selection <> 'named' order by d.started_at desc limit 1), 'latest');
  end if;

  if v_selection in ('latest', 'random') then
    select p.run_id, p.manifest_sha256 into v_run
    from backup.restore_points p
    where not p.archived and (v_selection = 'latest'
       or (p.age <= v_settings.drill_window and (p.expires_at is null or p.expires_at > now())))
    order by case when v_selection = 'random' then (select count(*) from backup.drills d where d.run_id = p.run_id) end,
             case when v_selection = 'random' then random() end, p.snapshot_at desc
    limit 1;
  else
    select p.run_id, p.manifest_sha256, p.archived into v_run from backup.restore_points p where p.run_id = v_selection;
    if found and v_run.archived then
      raise exception using errcode = 'HF603', message = format('run %s is archived', p_from),
        detail = 'Thawing takes hours, and a function lives for minutes.',
        hint = format('Run holdfast drill --from %s --thaw, or drill a run that is not archived.', p_from);
    end if;
    if v_run.run_id is null and not exists (select from backup.runs r where r.run_id = v_selection) then
      raise exception using errcode = 'HF001', message = format('run %L does not exist', v_selection),
        hint = 'Name a run of backup.restore_points, latest or random.';
    end if;
    v_selection := 'named';
  end if;
  if v_run.run_id is null and v_selection <> 'named' and exists (
       select from backup.restore_points p where p.archived and (v_selection = 'latest' or p.age <= v_settings.drill_window)) then
    raise exception using errcode = 'HF603', message = 'every restore point that could be drilled is archived',
      detail = 'Thawing takes hours, and a function lives for minutes.', hint = 'Run holdfast drill --from latest --thaw.';
  end if;
  if v_run.run_id is null then
    raise exception using errcode = 'HF500', message = 'there is no restore point to drill',
      detail = case v_selection when 'named' then format('Run %s is none.', p_from)
                                when 'random' then format('Looked at the last %s.', v_settings.drill_window)
                                else 'No run is complete.' end,
      hint = 'Run an export first; see backup.restore_points.';
  end if;

  begin
    insert into backup.drills (drill_id, run_id, trigger, engine, target, selection, scratch_database, manifest_sha256)
    select v_drill_id, v_run.run_id, p_trigger, 'functions', 'scratch', v_selection,
           -- The server's databases may hold other ledgers; each looks after the scratch databases with its own number.
           format('holdfast_drill_%s_%s', b.oid, replace(v_drill_id::text, '-', '')), v_run.manifest_sha256
    from pg_catalog.pg_database b where b.datname = current_database();
  exception when unique_violation then
    select d.drill_id into v_active from backup.drills d where d.state = 'running' and d.engine = 'functions';
    raise exception using errcode = 'HF507', message = format('drill %s is still active', coalesce(v_active::text, '(just ended)')),
      hint = 'Wait for it, or end it with select backup.fail_drill(''<drill id>'', ''HF521'', ''cancelled'').';
  end;
  insert into backup.drill_steps (drill_id, step_no, kind, phase) values (v_drill_id, 1, 'begin', 'check');
  return v_drill_id;
end;
$$;

comment on function backup.start_drill(text, text) is
  'Starts a drill by Edge Functions of a restore point (latest, random, alternate, a run id; null: as settings say) and returns its id; archived ones are left out. Errors: HF001, HF500, HF507, HF603.';
revoke all on function backup.start_drill(text, text) from public;

-- sql/functions/prune_ledger.sql
-- requires: tables/settings.sql, tables/job_runs.sql, tables/chunks.sql, tables/drill_steps.sql, tables/verification_results.sql
-- requires: tables/alerts.sql, tables/alert_deliveries.sql, tables/key_proofs.sql, tables/primary_backups.sql, tables/retention_marks.sql
-- backup.prune_ledger(p_limit)
--
-- Why: whatever is recorded grows, and pg_cron keeps its own history for ever. How long rows are kept is in backup.settings
-- (ledger_keep_…). What tells something about today is kept whatever its age: backup.status, backup.restore_points,
-- backup.recovery_objectives, backup.retention_plan() and backup.alert_causes() answer the same before and after. So of a restore
-- point in the bucket nothing goes but its chunks, which its manifest lists; the newest one keeps them, as verifications compare
-- the bucket with them. A run goes last, when nothing refers to it.
-- One call deletes at most p_limit rows of each kind, so that it is short; "more" says that there are others.
create or replace function backup.prune_ledger(p_limit integer default 10000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_settings backup.settings;
  v_now      timestamptz := clock_timestamp();
  v_work     timestamptz;
  v_answers  timestamptz;
  v_history  timestamptz;
  v_kind     text;
  v_rule     text;
  v_count    bigint;
  v_left     boolean;
  v_more     boolean := false;
  v_deleted  jsonb := '{}';
begin
  select * into v_settings from backup.settings;
  v_work := v_now - v_settings.ledger_keep_work;
  v_answers := v_now - v_settings.ledger_keep_answers;
  -- 360 days pass for a year where intervals are compared, and backup.recovery_objectives looks back a whole one.
  v_history := least(v_now - v_settings.ledger_keep_history, v_now - interval '1 year');
  -- Each rule finds rows that may go. $1: end of ledger_keep_work, $2: of ledger_keep_answers, $3: of ledger_keep_history.
  for v_kind, v_rule in values
    -- The newest row of a job tells whether the job fails.
    ('job_runs', $q$
      select o.ctid from backup.job_runs o
      where o.started_at < $1 and o.started_at < (select max(n.started_at) from backup.job_runs n where n.job_name = o.job_name)$q$),
    ('chunks', $q$
      select o.ctid from backup.runs r join backup.chunks o using (run_id)
      where r.finished_at < $1 and r.run_id is distinct from (
        select n.run_id from backup.runs n where n.state = 'complete' order by n.snapshot_at desc, n.run_id desc limit 1)$q$),
    ('drill_steps', $q$
      select o.ctid from backup.drills d join backup.drill_steps o using (drill_id) where d.finished_at < $1$q$),
    -- With its answers, never without: a verification that has none would look as if it had found nothing.
    ('verifications', $q$
      with kept as (
        (select k.verification_id from backup.verifications k order by k.started_at desc, k.verification_id desc limit 1)
        union (select k.verification_id from backup.verifications k where k.verdict is not null order by k.started_at desc limit 1)
        union (select distinct on (k.verdict) k.verification_id from backup.verifications k where k.verdict is not null order by k.verdict, k.finished_at desc)
        union (select distinct on (k.run_id) k.verification_id from backup.verifications k join backup.runs r using (run_id)
               where k.verdict is not null and r.state = 'complete' order by k.run_id, k.finished_at desc)
        -- Where reading objects back by turns goes on.
        union (select k.verification_id from backup.verification_results k where k.check_name = 'check_backup_objects' and k.evidence ? 'share_of'
               group by k.verification_id order by max(k.recorded_at) desc limit 2)
      ), old as (
        select o.ctid, o.finished_at, o.verification_id, (select count(*) from backup.verification_results a where a.verification_id = o.verification_id) as answers
        from backup.verifications o where o.finished_at < $2 and o.verification_id not in (select k.verification_id from kept k)
        order by o.finished_at, o.verification_id limit $4
      )
      select s.ctid from (
        select o.ctid, sum(o.answers) over w as answers, row_number() over w as place from old o window w as (order by o.finished_at, o.verification_id)) s
      where s.answers <= $4 or s.place = 1$q$),
    ('run_tables', $q$
      select o.ctid from backup.runs r join backup.run_tables o using (run_id)
      where r.state in ('failed', 'expired') and r.finished_at < $1 and not exists (select from backup.chunks c where c.run_id = r.run_id)$q$),
    -- The newest twelve are what a report shows; one that was named does not count where drills take turns.
    ('drills', $q$
      select o.ctid from backup.runs r join backup.drills o using (run_id)
      where r.objects_deleted_at is not null and o.finished_at < $3 and not exists (select from backup.drill_steps s where s.drill_id = o.drill_id)
        and o.drill_id not in (
          (select k.drill_id from backup.drills k where k.verdict <> 'skipped' order by k.started_at desc limit 12)
          union (select k.drill_id from backup.drills k where k.selection <> 'named' order by k.started_at desc limit 1)
          union (select distinct on (k.verdict) k.drill_id from backup.drills k where k.verdict is not null order by k.verdict, k.finished_at desc))$q$),
    ('key_proofs', $q$
      select o.ctid from backup.key_proofs o
      where o.proven_at < $3 and o.proven_at < (select max(n.proven_at) from backup.key_proofs n where n.recipient = o.recipient)$q$),
    ('primary_backups', $q$
      select o.ctid from backup.primary_backups o
      where o.looked_at < $2 and o.looked_at < (select max(n.looked_at) from backup.primary_backups n)$q$),
    -- The last word about a cause is kept: what is open must stay known as told. So is the last end on a channel, which tells
    -- whether it works.
    ('alert_deliveries', $q$
      select o.ctid from backup.alert_deliveries o
      where o.finished_at < $2 and exists (select from backup.alert_deliveries n where n.cause = o.cause and n.queued_at > o.queued_at)
        and (o.channel is null or o.state = 'skipped'
             or exists (select from backup.alert_deliveries n where n.channel = o.channel and n.state in ('sent', 'failed') and n.finished_at > o.finished_at))$q$),
    ('alerts', $q$
      select o.ctid from backup.alerts o where o.resolved_at < $3$q$),
    ('retention_marks', $q$
      select o.ctid from backup.retention_marks o where o.swept_at < $3$q$),
    -- A deleted run is still the first of its day, week or month as long as there are others of it. The newest ones are what
    -- a report shows and what the size of the next is compared with.
    ('runs', $q$
      select o.ctid from backup.runs o
      where o.objects_deleted_at < $3 and o.finished_at < $3
        and not exists (select from backup.runs c where o.state = 'expired' and c.state = 'complete'
                        and c.snapshot_at >= o.snapshot_at and c.snapshot_at < o.snapshot_at + interval '32 days')
        and o.run_id not in (
          (select k.run_id from backup.runs k order by k.requested_at desc, k.run_id desc limit 60)
          union (select k.run_id from backup.runs k where k.state = 'failed' order by k.requested_at desc limit 1)
          union (select k.run_id from backup.runs k where k.state in ('complete', 'expired') order by k.snapshot_at desc limit 11))
        and not exists (select from backup.run_tables t where t.run_id = o.run_id)
        and not exists (select from backup.chunks t where t.run_id = o.run_id)
        and not exists (select from backup.drills t where t.run_id = o.run_id)
        and not exists (select from backup.key_proofs t where t.run_id = o.run_id)
        and not exists (select from backup.verifications t where t.run_id = o.run_id)$q$)
  loop
    execute format('delete from backup.%I d where d.ctid = any (array(%s limit $4))', v_kind, v_rule)
      using v_work, v_answers, v_history, p_limit;
    get diagnostics v_count = row_count;
    v_deleted := v_deleted || jsonb_build_object(v_kind, v_count);
    if v_count > 0 and not v_more then
      execute format('select exists (%s)', v_rule) into v_left
        using v_work, v_answers, v_history, p_limit;
      v_more := v_left;
    end if;
  end loop;

  v_count := 0;
  if to_regclass('cron.job_run_details') is not null and has_table_privilege('cron.job_run_details', 'delete') then
    execute 'delete from cron.job_run_details d where d.runid = any (array(
               select o.runid from cron.job_run_details o where o.end_time < $1 - interval ''7 days'' limit $2))' using v_now, p_limit;
    get diagnostics v_count = row_count;
  end if;
  return v_deleted || jsonb_build_object('cron_details', v_count, 'more', v_more or v_count >= p_limit);
end;
$$;

comment on function backup.prune_ledger(integer) is
  'Deletes what backup.settings.ledger_keep_… no longer keeps and nothing needs, and the history of pg_cron after a week; at most so many rows of each kind. Returns how many, and whether there are more.';
revoke all on function backup.prune_ledger(integer) from public;

-- sql/functions/run_retention.sql
-- requires: tables/settings.sql, tables/retention_marks.sql, functions/retention_plan.sql, functions/dispatch.sql
-- backup.run_retention()
--
-- Why: the scheduled entry of retention. Deleting has to be asked for (backup.settings.retention_mode); until then it says every
-- day what it would do, where job_runs shows it. Functions do the deleting, as only they reach the bucket.
-- Errors: HF600.
create or replace function backup.run_retention()
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_mode   text := (select s.retention_mode from backup.settings s);
  v_expire integer;
begin
  if v_mode = 'off' then
    return jsonb_build_object('mode', v_mode);
  end if;
  select count(*) into v_expire from backup.retention_plan() p where p.decision = 'expire';
  if v_mode = 'apply' then
    perform backup.dispatch('apply-retention', '{"apply": true, "trigger": "schedule"}');
  end if;
  return jsonb_build_object('mode', v_mode, 'expire', v_expire);
end;
$$;

comment on function backup.run_retention() is
  'Starts apply-retention, or only counts what it would delete, or nothing, as backup.settings.retention_mode says; returns the mode and the count. Errors: HF600.';
revoke all on function backup.run_retention() from public;

-- sql/functions/run_job.sql
-- requires: tables/job_runs.sql, tables/job_states.sql, functions/tick.sql, functions/dispatch.sql, functions/start_drill.sql, functions/hand_over_drill.sql, functions/prune_ledger.sql, functions/run_retention.sql
-- backup.run_job(p_job_name)
--
-- Why: every scheduled entry goes through here, so that job_runs tells when it ran, how long, and with which outcome. An
-- error is recorded and not raised again: raising would undo the record. A tick without anything to do leaves no row,
-- or the ledger would grow by one row a minute; that it ran is in job_states.
-- A clean-up deletes a bounded number of rows. What it leaves is deleted by the ticks after it, few rows at a time: they share
-- the transaction of the tick, which must be short.
-- Errors: HF100 unknown job.
create or replace function backup.run_job(p_job_name text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_started timestamptz := clock_timestamp();
  v_more    boolean := coalesce((select (j.result ->> 'more')::boolean from backup.job_runs j where j.job_name = 'prune' order by j.started_at desc limit 1), false);
  v_result  jsonb;
  v_code    text;
  v_error   text;
begin
  begin
    case p_job_name
      when 'tick' then
        v_result := backup.tick();
        -- What failed in it has undone nothing else, and makes it a failed one all the same.
        v_code := v_result #>> '{errors,0,code}';
        v_error := (v_result #>> '{errors,0,step}') || ': ' || (v_result #>> '{errors,0,error}');
      when 'export' then
        v_result := jsonb_build_object('ticket', backup.dispatch('export-backup', '{"action": "start", "trigger": "schedule"}') is not null);
      when 'verify' then
        v_result := jsonb_build_object('ticket', backup.dispatch('verify-backup', '{"trigger": "schedule"}') is not null);
      when 'drill' then
        -- Started here and not by the function, so that a drill that cannot start is recorded.
        v_result := jsonb_build_object('ticket', backup.hand_over_drill(backup.start_drill('schedule')));
      when 'retention' then
        v_result := backup.run_retention();
      when 'prune' then
        v_result := backup.prune_ledger(case when v_more then 500 else 10000 end);
      else
        raise exception using errcode = 'HF100', message = format('job %L does not exist', p_job_name),
          hint = 'Jobs are tick, export, verify, drill, retention and prune.';
    end case;
  exception when others then
    get stacked diagnostics v_code = returned_sqlstate, v_error = message_text;
    if v_code = 'HF100' then
      raise;
    end if;
  end;
  if v_error is not null or p_job_name <> 'tick'
     or exists (select from jsonb_each(v_result) e where e.value <> '0'::jsonb) then
    insert into backup.job_runs (job_name, status, started_at, finished_at, result, error_code, error)
    values (p_job_name, case when v_error is null then 'succeeded' else 'failed' end,
            v_started, clock_timestamp(), v_result, v_code, v_error);
  end if;
  insert into backup.job_states as s (job_name, succeeded, failed, last_success_at, last_failure_at, last_seconds)
  values (p_job_name, (v_error is null)::integer, (v_error is not null)::integer,
          case when v_error is null then clock_timestamp() end, case when v_error is not null then clock_timestamp() end,
          extract(epoch from clock_timestamp() - v_started))
  on conflict (job_name) do update
    set succeeded       = s.succeeded + excluded.succeeded,
        failed          = s.failed + excluded.failed,
        last_success_at = coalesce(excluded.last_success_at, s.last_success_at),
        last_failure_at = coalesce(excluded.last_failure_at, s.last_failure_at),
        last_seconds    = excluded.last_seconds;
  if p_job_name = 'tick' and v_more then
    perform backup.run_job('prune');
  end if;
  return v_result;
end;
$$;

comment on function backup.run_job(text) is 'Runs a scheduled entry (tick, export, verify, drill, retention, prune) and records it in backup.job_runs and backup.job_states. Errors: HF100.';
revoke all on function backup.run_job(text) from public;

-- sql/functions/install_schedules.sql
-- requires: functions/run_job.sql, functions/wanted_schedules.sql, functions/installed_schedules.sql
-- backup.install_schedules()
--
-- Why: pg_cron is the clock. The same name overwrites, so calling it again changes nothing but brings schedules up to date.
-- The export, the drill and retention are scheduled only while an S3 policy is on. Errors: HF005 pg_cron is missing.
create or replace function backup.install_schedules()
returns table (job_name text, schedule text)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_job record;
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    raise exception using errcode = 'HF005', message = 'pg_cron is not installed',
      hint = 'Run create extension pg_cron; or enable it under Integrations > Cron in the dashboard.';
  end if;
  perform backup.unschedule(i.job_name) from backup.installed_schedules() i
  where i.job_name not in (select w.job_name from backup.wanted_schedules() w);
  for v_job in select * from backup.wanted_schedules() loop
    execute 'select cron.schedule($1, $2, $3)' using v_job.job_name, v_job.schedule, v_job.command;
    job_name := v_job.job_name;
    schedule := v_job.schedule;
    return next;
  end loop;
end;
$$;

comment on function backup.install_schedules() is
  'Schedules the minute tick, the weekly verification (Sunday 02:00 UTC), the nightly clean-up and, when S3 is enabled, the exports of backup.policies, the monthly drill and daily retention. Safe to call again. Errors: HF005.';
revoke all on function backup.install_schedules() from public;

-- sql/functions/enable.sql
-- requires: functions/install_schedules.sql
-- backup.enable(p_daily)
--
-- Why: one call turns the secondary backup on: the strategy rows, the schedules and, where pgTAP is installed, the tests in
-- the database belong together.
-- Errors: HF005 pg_cron is missing.
create or replace function backup.enable(p_daily boolean default false)
returns table (job_name text, schedule text)
language plpgsql
set search_path = ''
as $$
begin
  update backup.policies p set enabled = (p.name <> 'secondary_daily' or p_daily) where p.provider = 'aws_s3';
  perform backup.install_tests();
  return query select * from backup.install_schedules();
end;
$$;

comment on function backup.enable(boolean) is 'Turns the S3 backup on, weekly or with p_daily every day, and installs the schedules. Safe to call again. Errors: HF005.';
revoke all on function backup.enable(boolean) from public;

-- sql/functions/fail_delivery.sql
-- requires: tables/alert_deliveries.sql, tables/settings.sql
-- backup.fail_delivery(p_delivery_id, p_claim_id, p_status_code, p_error, p_final, p_retry_after, p_now)
--
-- Why: what may pass is tried again after 1, 2, 4 … minutes, at most an hour, and not before the receiver asked; alert_max_attempts
-- (8) of them reach over two hours. What another attempt cannot change (p_final) is given up at once, and so is the last one.
-- Returns false when the claim was lost.
create or replace function backup.fail_delivery(
  p_delivery_id bigint,
  p_claim_id    uuid,
  p_status_code integer,
  p_error       text,
  p_final       boolean default false,
  p_retry_after interval default null,
  p_now         timestamptz default clock_timestamp()
)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update backup.alert_deliveries d
     set state = case when p_final or d.attempts >= s.alert_max_attempts then 'failed' else 'pending' end,
         finished_at = case when p_final or d.attempts >= s.alert_max_attempts then p_now end,
         not_before = p_now + greatest(least(interval '1 minute' * 2 ^ (d.attempts - 1), interval '1 hour'), least(coalesce(p_retry_after, interval '0'), interval '1 day')),
         status_code = p_status_code, error = p_error, claim_id = null, lease_until = null
    from backup.settings s
   where d.delivery_id = p_delivery_id and d.claim_id = p_claim_id;
  return found;
end
$$;

comment on function backup.fail_delivery(bigint, uuid, integer, text, boolean, interval, timestamptz) is
  'Records that a message has not arrived and when to try again, or that it is given up; false when the claim is no longer held.';
revoke all on function backup.fail_delivery(bigint, uuid, integer, text, boolean, interval, timestamptz) from public;

-- sql/functions/fingerprint_expression.sql
-- backup.fingerprint_expression(p_relid)
--
-- Why: a restore is proven by comparing contents, so the hash of a row must differ whenever its COPY text differs
-- and must not depend on object ids, row order, server or version.
-- Only types whose hash function is faithful are hashed natively. Everything else goes through its output function,
-- because the native hash would
--   call 1.0 and 1.00 equal (numeric, jsonb), or 0 and -0 (float), ignore trailing blanks (bpchar) or case (citext),
--   keep 32 of 64 bits (int8, timestamp, time: 5 is as 4294967300),
--   or depend on object ids (enum, reg*) or on whether the processor's char is signed ("char"),
--   or not exist (json, xml, geometric types).
-- A cast to text is the output function where no cast of its own exists, which is certain for the castable types; the workers of
-- an export make that text once for hash and row. For all others row(…)::text is: it keeps NULL apart from the empty string, but
-- quotes what it joins, at twice the CPU time.
-- Each column has a seed of its own, so that two columns do not exchange their values unnoticed, and NULL is the seed. The hash
-- of what they are combined to keeps the sum over rows from being a sum of columns, blind to two rows that exchange a value.
-- Calls of the functions by their names are half of the time of hash_record_extended(row(…)), which looks them up for each value.
-- The expression refers to the row as t, so that it can be stored in a manifest and run anywhere without this schema.
create or replace function backup.fingerprint_expression(p_relid oid)
returns text
language sql
stable
set search_path = ''
as $$
  with recursive base(attnum, attname, attcollation, typid) as (
    select a.attnum, a.attname, a.attcollation, a.atttypid
    from pg_catalog.pg_attribute a
    where a.attrelid = p_relid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    union all
    select b.attnum, b.attname, b.attcollation, t.typbasetype
    from base b
    join pg_catalog.pg_type t on t.oid = b.typid
    where t.typtype = 'd'
  ),
  columns as (
    select b.attnum, pg_catalog.format('t.%I', b.attname) as reference,
           case
             when t.typnamespace <> 'pg_catalog'::regnamespace or not coalesce(c.collisdeterministic, true) then null
             when t.typname in ('text', 'varchar') then 'hashtextextended(%s'
             when t.typname in ('int8', 'numeric', 'float4', 'float8', 'json', 'jsonb', 'date', 'time', 'timestamp', 'timestamptz',
                                'interval', 'bytea', 'name', 'macaddr', 'pg_lsn') then 'hashtextextended(%s::text'
             when t.typname = 'int2' then 'hashint2extended(%s'
             when t.typname = 'int4' then 'hashint4extended(%s'
             when t.typname = 'oid' then 'hashoidextended(%s'
             when t.typname = 'bool' then 'hashint4extended(%s::integer'
             when t.typname = 'uuid' then 'uuid_hash_extended(%s'
           end as call
    from base b
    join pg_catalog.pg_type t on t.oid = b.typid
    left join pg_catalog.pg_collation c on c.oid = b.attcollation
    where t.typtype <> 'd'
  ),
  terms as (
    select pg_catalog.row_number() over (order by c.attnum) as place,
           pg_catalog.format('coalesce(pg_catalog.%1$s, %2$s), %2$s)', pg_catalog.format(c.call, c.reference),
                             pg_catalog.row_number() over (order by c.attnum)) as term
    from columns c
    where c.call is not null
    union all
    select 0, 'pg_catalog.hashtextextended(row(' || pg_catalog.string_agg(c.reference, ', ' order by c.attnum) || ')::text, 0)'
    from columns c
    where c.call is null
    having count(*) > 0
  ),
  -- In groups, since hundreds of columns would nest as many operators.
  groups as (
    select t.place / 50 as no, '(' || pg_catalog.string_agg(t.term, ' # ' order by t.place) || ')' as combined
    from terms t
    group by 1
  )
  select 'pg_catalog.hashint4extended(0, ' || coalesce(pg_catalog.string_agg(g.combined, ' # ' order by g.no), '0') || ')'
  from groups g
$$;

comment on function backup.fingerprint_expression(oid) is
  'SQL expression over alias t that hashes one row of a table to 64 bits; its sum over all rows is the table''s fingerprint.';
revoke all on function backup.fingerprint_expression(oid) from public;

-- sql/functions/fingerprint_of_sum.sql
-- backup.fingerprint_of_sum(p_sum)
--
-- Why: sums of 64-bit hashes from chunks are added in any order and grouping; modulo 2^64 makes one value of them.
create or replace function backup.fingerprint_of_sum(p_sum numeric)
returns text
language sql
immutable
set search_path = ''
as $$
  with wrapped as (
    select pg_catalog.mod(pg_catalog.mod(p_sum, 18446744073709551616) + 18446744073709551616, 18446744073709551616) as value
  )
  select pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.div(value, 4294967296)::bigint), 8, '0')
      || pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.mod(value, 4294967296)::bigint), 8, '0')
  from wrapped
$$;

comment on function backup.fingerprint_of_sum(numeric) is
  'A sum of row hashes modulo 2^64, as 16 hex digits: the form in which fingerprints are stored and compared.';
revoke all on function backup.fingerprint_of_sum(numeric) from public;

-- sql/functions/finish_drill.sql
-- requires: functions/complete_drill_step.sql, functions/_drill_alert.sql, functions/_drill_phase_seconds.sql
-- backup.finish_drill(p_drill_id, p_step_no, p_claim_id, p_seconds, p_result)
--
-- Why: the last step brings the verdict; step, verdict and alert change together. The restore point counts as verified
-- from here on when the verdict is passed.
-- p_result: {verdict, rows, raw_bytes, proof, proof_key}. Errors: HF522, HF523, HF524 an unfinished step is left.
create or replace function backup.finish_drill(p_drill_id uuid, p_step_no integer, p_claim_id uuid, p_seconds numeric, p_result jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if backup.complete_drill_step(p_drill_id, p_step_no, p_claim_id, p_seconds) > 0 then
    raise exception using errcode = 'HF524', message = format('drill %s has unfinished steps', p_drill_id),
      hint = 'This is a defect: the verdict comes after every other step. Report it.';
  end if;
  update backup.drills d
     set state = 'complete', verdict = (p_result ->> 'verdict')::backup.verdict, finished_at = clock_timestamp(),
         rows = (p_result ->> 'rows')::bigint, raw_bytes = (p_result ->> 'raw_bytes')::bigint,
         proof = coalesce(p_result -> 'proof', '{}'), proof_key = p_result ->> 'proof_key',
         phase_seconds = backup._drill_phase_seconds(p_drill_id)
   where d.drill_id = p_drill_id;
  perform backup._drill_alert(p_drill_id);
end;
$$;

comment on function backup.finish_drill(uuid, integer, uuid, numeric, jsonb) is
  'Ends a drill with the verdict of its proof, as its last step. Errors: HF522, HF523, HF524.';
revoke all on function backup.finish_drill(uuid, integer, uuid, numeric, jsonb) from public;

-- sql/functions/finish_run.sql
-- requires: functions/held_chunks.sql, functions/complete_chunks.sql, functions/unschedule.sql, functions/resolve_alert.sql, functions/queue_heartbeat.sql, tables/runs.sql
-- backup.finish_run(p_run_id, p_claim_id, p_chunk_no, p_manifest)
--
-- Why: the manifest is in the bucket, so the backup exists; the ledger follows in one transaction. Ending the run releases
-- the keeper and resolves the alert that an earlier failure raised; a scheduled one also pings.
-- p_manifest: {key, sha256, bytes, archived}.
-- Errors: HF003, HF004, HF304 an unfinished chunk is left.
create or replace function backup.finish_run(p_run_id text, p_claim_id uuid, p_chunk_no integer, p_manifest jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform backup.complete_chunks(p_run_id, p_claim_id,
    jsonb_build_array(jsonb_build_object('chunk_no', p_chunk_no, 'object_key', p_manifest ->> 'key',
      'sha256', p_manifest ->> 'sha256', 'stored_bytes', p_manifest ->> 'bytes')));
  if exists (select from backup.chunks c where c.run_id = p_run_id and c.state in ('pending', 'claimed')) then
    raise exception using errcode = 'HF304', message = format('run %s has unfinished chunks', p_run_id),
      hint = 'This is a defect: the manifest is written after every other chunk. Report it.';
  end if;
  update backup.runs r
     set state = 'complete', finished_at = clock_timestamp(),
         manifest_key = p_manifest ->> 'key', manifest_sha256 = p_manifest ->> 'sha256',
         archived = coalesce((p_manifest ->> 'archived')::boolean, false),
         rows = (select coalesce(sum(t.rows), 0) from backup.run_tables t where t.run_id = p_run_id),
         raw_bytes = c.raw_bytes, stored_bytes = c.stored_bytes
    from (select coalesce(sum(c.raw_bytes), 0) as raw_bytes, coalesce(sum(c.stored_bytes), 0) as stored_bytes
          from backup.chunks c where c.run_id = p_run_id and c.state = 'done') c
   where r.run_id = p_run_id;
  perform backup.unschedule('holdfast-keeper-' || p_run_id);
  perform backup.resolve_alert('export_failed');
  perform backup.queue_heartbeat('heartbeat_export', r.run_id) from backup.runs r where r.run_id = p_run_id and r.trigger = 'schedule';
end;
$$;

comment on function backup.finish_run(text, uuid, integer, jsonb) is 'Makes a run a restore point once its manifest is stored. Errors: HF003, HF004, HF304.';
revoke all on function backup.finish_run(text, uuid, integer, jsonb) from public;

-- sql/functions/finish_sweep.sql
-- requires: tables/retention_marks.sql, tables/runs.sql, functions/_held_sweep.sql, functions/_settle_retention_alert.sql
-- backup.finish_sweep(p_run_id, p_claim_id, p_objects, p_bytes)
--
-- Why: nothing of the run is left in the bucket, and the ledger says so. Errors: HF602.
create or replace function backup.finish_sweep(p_run_id text, p_claim_id uuid, p_objects bigint, p_bytes bigint)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_sweep(p_run_id, p_claim_id);
  update backup.retention_marks m
     set swept_at = clock_timestamp(), claim_id = null, lease_until = null, locked_until = null, error_code = null, error_message = null,
         objects_deleted = m.objects_deleted + p_objects, bytes_deleted = m.bytes_deleted + p_bytes
   where m.run_id = p_run_id;
  update backup.runs r set objects_deleted_at = clock_timestamp() where r.run_id = p_run_id;
  perform backup._settle_retention_alert();
end;
$$;

comment on function backup.finish_sweep(text, uuid, bigint, bigint) is 'Records that the last object of a run is deleted. Errors: HF602.';
revoke all on function backup.finish_sweep(text, uuid, bigint, bigint) from public;

-- sql/functions/fix_recipients.sql
-- requires: tables/runs.sql
-- backup.fix_recipients(p_run_id, p_recipients)
--
-- Why: whom a backup is encrypted to is decided once, before its first object. Workers of one run may see different
-- configurations when somebody changes a secret meanwhile; half of a backup for another key would be a backup nobody can open.
-- Returns the recipients that hold, which are those of the first call. Errors: HF001, HF003, HF700.
create or replace function backup.fix_recipients(p_run_id text, p_recipients text[])
returns text[]
language plpgsql
set search_path = ''
as $$
declare
  v_run backup.runs;
begin
  select * into v_run from backup.runs r where r.run_id = p_run_id for no key update;
  if not found then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_run_id),
      hint = 'List runs with select * from backup.runs order by run_id desc.';
  end if;
  if v_run.age_recipients is not null then
    return v_run.age_recipients;
  end if;
  if v_run.state in ('complete', 'failed', 'expired') then
    raise exception using errcode = 'HF003', message = format('run %s has already ended as %s', p_run_id, v_run.state),
      hint = 'Start another run with backup.start_run().';
  end if;
  -- The text is not repeated: it may be a private key.
  if p_recipients is null or exists (select from unnest(p_recipients) r where r is null or r !~ '^age1[02-9ac-hj-np-z]{58}$') then
    raise exception using errcode = 'HF700', message = 'a recipient is not the public key of an age key pair',
      hint = 'Give public keys as age-keygen prints them, or an empty array for a backup that is not encrypted.';
  end if;
  update backup.runs r set age_recipients = p_recipients where r.run_id = p_run_id;
  return p_recipients;
end;
$$;

comment on function backup.fix_recipients(text, text[]) is
  'Decides whom a run is encrypted to, unless that is decided, and returns what holds; empty means not encrypted. Errors: HF001, HF003, HF700.';
revoke all on function backup.fix_recipients(text, text[]) from public;

-- sql/functions/globals.sql
-- requires: tables/settings.sql
-- backup.globals()
--
-- Why: what a database needs besides its schemas: roles, memberships, settings, privileges on parameters, extensions,
-- scheduled jobs. Platform roles
-- are listed too, so that a reader can tell what was there; a restore creates only the others.
-- Password verifiers are included only when backup.settings.include_role_passwords is on and the role may read them.
create or replace function backup.globals()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_passwords jsonb := '{}';
  v_jobs      jsonb := null;
begin
  if (select s.include_role_passwords from backup.settings s) then
    if not has_table_privilege('pg_catalog.pg_authid', 'select') then
      raise exception using errcode = 'HF305', message = 'role password verifiers cannot be read',
        detail = 'The role has no SELECT privilege on pg_authid.',
        hint = 'Run update backup.settings set include_role_passwords = false where id; or grant pg_read_all_data.';
    end if;
    execute 'select jsonb_object_agg(rolname, rolpassword) from pg_catalog.pg_authid where rolpassword is not null' into v_passwords;
  end if;
  if to_regclass('cron.job') is not null and has_table_privilege('cron.job', 'select') then
    execute $q$select coalesce(jsonb_agg(jsonb_build_object('name', j.jobname, 'schedule', j.schedule, 'command', j.command,
                        'database', j.database, 'username', j.username, 'active', j.active) order by j.jobid), '[]')
               from cron.job j where coalesce(j.jobname, '') not like 'holdfast-%'$q$ into v_jobs;
  end if;
  return jsonb_build_object(
    'roles', (
      select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', r.rolname, 'superuser', r.rolsuper, 'inherit', r.rolinherit,
               'create_role', r.rolcreaterole, 'create_db', r.rolcreatedb, 'login', r.rolcanlogin,
               'replication', r.rolreplication, 'bypass_rls', r.rolbypassrls,
               'connection_limit', r.rolconnlimit, 'valid_until', r.rolvaliduntil, 'settings', to_jsonb(r.rolconfig),
               'password_verifier', v_passwords -> r.rolname::text,
               'comment', shobj_description(r.oid, 'pg_authid'))) order by r.rolname)
      from pg_catalog.pg_roles r where r.rolname !~ '^pg_'),
    'memberships', (
      select coalesce(jsonb_agg(jsonb_build_object('role', g.rolname, 'member', m.rolname, 'admin', a.admin_option)
               order by g.rolname, m.rolname), '[]')
      from pg_catalog.pg_auth_members a
      join pg_catalog.pg_roles g on g.oid = a.roleid join pg_catalog.pg_roles m on m.oid = a.member),
    'settings', (
      select coalesce(jsonb_agg(jsonb_build_object('role', r.rolname, 'settings', to_jsonb(s.setconfig)) order by r.rolname), '[]')
      from pg_catalog.pg_db_role_setting s
      left join pg_catalog.pg_roles r on r.oid = s.setrole
      where s.setdatabase = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())),
    -- A superuser may set everything without a grant.
    'parameter_privileges', (
      select coalesce(jsonb_agg(jsonb_build_object('parameter', p.parname, 'role', r.rolname, 'privilege', lower(a.privilege_type),
               'grantable', a.is_grantable) order by p.parname, r.rolname, a.privilege_type), '[]')
      from pg_catalog.pg_parameter_acl p cross join lateral aclexplode(p.paracl) a
      left join pg_catalog.pg_roles r on r.oid = a.grantee
      where not coalesce(r.rolsuper, false)),
    'extensions', (
      select jsonb_agg(jsonb_build_object('name', e.extname, 'version', e.extversion, 'schema', n.nspname) order by e.extname)
      from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace),
    'cron_jobs', v_jobs,
    'database', (
      select jsonb_build_object('name', d.datname, 'encoding', pg_encoding_to_char(d.encoding), 'collation', d.datcollate,
               'character_type', d.datctype, 'comment', shobj_description(d.oid, 'pg_database'))
      from pg_catalog.pg_database d where d.datname = current_database()));
end;
$$;

comment on function backup.globals() is
  'Roles, memberships, settings, privileges on parameters, extensions and scheduled jobs as JSON; cron_jobs is null without pg_cron. Errors: HF305.';
revoke all on function backup.globals() from public;

-- sql/functions/hold_snapshot.sql
-- requires: tables/runs.sql, tables/settings.sql, functions/fail_run.sql
-- backup.hold_snapshot(p_run_id)
--
-- Why: an exported snapshot lives as long as the transaction that exported it, and no function invocation lives long
-- enough. The id is published as application_name: visible to others at once although nothing is committed, and gone
-- the moment the session dies.
-- Must run in READ COMMITTED, so that each poll sees the newest state of the run. Holds back vacuum, hence the maximum age.
create or replace function backup.hold_snapshot(p_run_id text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_deadline timestamptz := clock_timestamp() + (select s.keeper_max_age from backup.settings s);
  v_began    timestamptz := clock_timestamp();
  v_state    backup.run_state;
begin
  perform set_config('application_name', format('holdfast:%s:%s', p_run_id, pg_export_snapshot()), false);
  loop
    -- Short naps at first, because small runs end within seconds; later a second is fine.
    perform pg_sleep(case when clock_timestamp() < v_began + interval '1 minute' then 0.1 else 1 end);
    select r.state into v_state from backup.runs r where r.run_id = p_run_id;
    exit when not found or v_state in ('complete', 'failed', 'expired');
    if clock_timestamp() > v_deadline then
      perform backup.fail_run(p_run_id, 'HF300', 'snapshot lost',
        'The keeper reached its maximum age, see backup.settings.keeper_max_age.');
      v_state := 'failed';
      exit;
    end if;
  end loop;
  perform set_config('application_name', 'holdfast', false);
  return coalesce(v_state::text, 'gone');
end;
$$;

comment on function backup.hold_snapshot(text) is
  'Holds one exported snapshot until the run ends or the keeper gets too old; returns the state of the run. Called by backup.keeper_command().';
revoke all on function backup.hold_snapshot(text) from public;

-- sql/functions/keeper_command.sql
-- backup.keeper_command(p_run_id)
--
-- Why: the same text makes a keeper of any session: a pg_cron job, the command, or psql. Two transactions, because the
-- claim must be visible to others while the second one holds the snapshot. No timeout may end it early (that of
-- transactions is known from PostgreSQL 17 on), a database that is read-only by default can be backed up, and no notice may be sent to a pg_cron that has stopped listening.
create or replace function backup.keeper_command(p_run_id text)
returns text
language sql
immutable
set search_path = ''
as $$
  select pg_catalog.format(
    'set client_min_messages = error; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = 0; '
    'set default_transaction_read_only = off; '
    'select pg_catalog.set_config(''transaction_timeout'', ''0'', false) where pg_catalog.current_setting(''transaction_timeout'', true) is not null; '
    'begin; select backup.claim_keeper(%L); commit; '
    'begin isolation level read committed; select backup.hold_snapshot(%L); commit',
    p_run_id, p_run_id)
$$;

comment on function backup.keeper_command(text) is 'SQL text that turns a session into the keeper of a run. It returns when the run has ended.';
revoke all on function backup.keeper_command(text) from public;

-- sql/functions/mark_expired.sql
-- requires: tables/retention_marks.sql, tables/settings.sql, functions/retention_plan.sql
-- backup.mark_expired(p_now)
--
-- Why: nothing is deleted in the breath in which it expires. A mark is seen in status and command for the grace period, and
-- whoever changes the policy meanwhile takes it back. What is being deleted stays marked, as there is no way back.
-- Errors: HF600.
create or replace function backup.mark_expired(p_now timestamptz default now())
returns table (marked integer, unmarked integer)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_marked   integer;
  v_unmarked integer;
begin
  with plan as (
    select p.run_id, p.decision, p.reasons from backup.retention_plan(p_now) p
  ), gone as (
    delete from backup.retention_marks m using plan p
    where p.run_id = m.run_id and p.decision = 'keep' and m.swept_at is null returning m.run_id
  ), added as (
    insert into backup.retention_marks (run_id, reasons, marked_at, delete_after)
    select p.run_id, p.reasons, p_now, p_now + s.retention_grace
    from plan p cross join backup.settings s where p.decision = 'expire'
    on conflict (run_id) do nothing returning run_id
  )
  select (select count(*) from added), (select count(*) from gone) into v_marked, v_unmarked;
  return query select v_marked, v_unmarked;
end;
$$;

comment on function backup.mark_expired(timestamptz) is
  'Marks every run that backup.retention_plan() lets expire, takes back marks of runs it keeps, and returns how many of each. Errors: HF600.';
revoke all on function backup.mark_expired(timestamptz) from public;

-- sql/functions/object_properties.sql
-- requires: tables/runs.sql, tables/policies.sql, tables/settings.sql
-- backup.object_properties(p_run_id)
--
-- Why: what the objects of a run are stored with follows from its tier, and is decided where the strategy is: the storage class,
-- tags by which a lifecycle rule of the bucket can tell what has expired, and how long Object Lock holds them. Both end when
-- retention may delete the run by its own tier: a lock that lasted longer would block retention, a shorter one would protect less.
-- Errors: HF001, HF600 objects are to be locked and no policy says how long.
create or replace function backup.object_properties(p_run_id text)
returns table (storage_class text, tags jsonb, lock_mode text, retain_until timestamptz)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_run     backup.runs;
  v_expires timestamptz;
  v_class   text;
  v_lock    text := (select s.object_lock from backup.settings s);
begin
  select * into v_run from backup.runs r where r.run_id = p_run_id;
  if not found then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_run_id),
      hint = 'List runs with select * from backup.runs order by run_id desc.';
  end if;
  select (coalesce(v_run.snapshot_at, v_run.requested_at) at time zone 'UTC' + p.retention) at time zone 'UTC', p.storage_class
    into v_expires, v_class
  from backup.policies p where p.provider = 'aws_s3' and p.tier = v_run.tier order by p.retention desc, p.name limit 1;
  if v_lock is not null and v_expires is null then
    raise exception using errcode = 'HF600', message = format('no policy gives tier %s a retention, so its objects cannot be locked', v_run.tier),
      hint = 'Name the tier in a policy of backup.policies, or set backup.settings.object_lock to null.';
  end if;
  return query select v_class,
    jsonb_strip_nulls(jsonb_build_object('tier', v_run.tier, 'expires', to_char(v_expires at time zone 'UTC', 'YYYY-MM-DD'))),
    v_lock, case when v_lock is not null then v_expires end;
end;
$$;

comment on function backup.object_properties(text) is
  'Storage class, tags and Object Lock that the objects of a run are to be stored with, from the policy of its tier. Errors: HF001, HF600.';
revoke all on function backup.object_properties(text) from public;

-- sql/functions/pause_sweep.sql
-- requires: tables/retention_marks.sql, functions/_held_sweep.sql, functions/_settle_retention_alert.sql
-- backup.pause_sweep(p_run_id, p_claim_id, p_objects, p_bytes, p_locked_until, p_code, p_message)
--
-- Why: a process that stops before the end, because its time is up, a lock holds, or the storage refuses, says how far it came.
-- A locked run waits for the end of the lock, a refused one for an hour; both are told by one alert. Without either the run is
-- free for the next process. Errors: HF602.
create or replace function backup.pause_sweep(
  p_run_id       text,
  p_claim_id     uuid,
  p_objects      bigint,
  p_bytes        bigint,
  p_locked_until timestamptz default null,
  p_code         text default null,
  p_message      text default null
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_sweep(p_run_id, p_claim_id);
  update backup.retention_marks m
     set claim_id = null, lease_until = null,
         objects_deleted = m.objects_deleted + p_objects, bytes_deleted = m.bytes_deleted + p_bytes,
         locked_until = p_locked_until, error_code = p_code, error_message = p_message,
         not_before = case when p_locked_until is not null then p_locked_until
                           when p_code is not null then clock_timestamp() + interval '1 hour' else m.not_before end
   where m.run_id = p_run_id;
  perform backup._settle_retention_alert();
end;
$$;

comment on function backup.pause_sweep(text, uuid, bigint, bigint, timestamptz, text, text) is
  'Gives a run back whose deletion stopped before the end, with how far it came and why: a lock with its end, an error, or neither. Errors: HF602.';
revoke all on function backup.pause_sweep(text, uuid, bigint, bigint, timestamptz, text, text) from public;

-- sql/functions/plan_tables.sql
-- requires: functions/included_schemas.sql, functions/fingerprint_expression.sql, types/table_status.sql, tables/settings.sql
-- backup.plan_tables()
--
-- Why: says for every table what happens to its rows, so that nothing is left out in silence. Runs inside the
-- snapshot: pg_class is read as of the snapshot, sizes and storage files as of now. A table that is not readable, or that
-- was rewritten between snapshot and plan, is an error and not a gap.
-- Counting reads a table, and nobody can work on the run meanwhile: the smallest tables are counted, up to a limit for all of
-- them together, so that planning takes no longer the larger the database is.
-- Locks: ACCESS SHARE on each table while it is counted. Errors: HF305 not readable, HF301 rewritten.
create or replace function backup.plan_tables()
returns table (
  schema_name text, table_name text, relid oid, status backup.table_status, reason text, columns text[],
  fingerprint_expression text, filenode oid, pages bigint, total_bytes bigint, planned_rows bigint)
language plpgsql
stable
set search_path = ''
set row_security = off
as $$
declare
  v_block_size  integer := pg_catalog.current_setting('block_size')::integer;
  v_count_limit bigint := (select s.count_at_plan_bytes from backup.settings s) / v_block_size;
  v_count_left  bigint := v_count_limit;
  v_table record;
  v_refusal text[];
begin
  for v_table in
    select n.nspname, n.oid as schema_oid, c.relname, c.oid, c.relkind, c.relfilenode,
           e.extname,
           i.included,
           sum(k.pages) over (order by k.pages, c.oid) <= v_count_limit as among_smallest,
           array(select a.attname::text from pg_catalog.pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                 order by a.attnum) as columns
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral (select n.nspname in (select backup.included_schemas()) as included) i
    left join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    left join pg_catalog.pg_extension e on e.oid = d.refobjid
    -- Of tables to be counted, as of the last VACUUM or ANALYZE where there was one: it only says which of them come first.
    cross join lateral (select case when c.relkind = 'r' and i.included and e.oid is null
                                    then case when c.relpages > 0 then c.relpages else pg_catalog.pg_relation_size(c.oid) / v_block_size end end as pages) k
    where c.relkind in ('r', 'p', 'm', 'f')
      and n.nspname <> 'information_schema' and n.nspname !~ '^pg_(catalog|toast|temp_|toast_temp_)'
    order by n.nspname, c.relname
  loop
    schema_name := v_table.nspname;
    table_name := v_table.relname;
    relid := v_table.oid;
    columns := v_table.columns;
    status := 'excluded';
    fingerprint_expression := null; filenode := null; pages := 0; total_bytes := 0; planned_rows := null;
    reason := case
      when not v_table.included then 'schema is not part of backups'
      when v_table.relkind = 'p' then 'partitioned: its rows are exported by partition'
      when v_table.relkind = 'm' then 'materialized view: filled again after a restore'
      when v_table.relkind = 'f' then 'foreign table: its rows live on another server'
      when v_table.extname is not null then format('belongs to extension %s', v_table.extname)
    end;
    if reason is null then
      v_refusal := case
        when not pg_catalog.has_schema_privilege(v_table.schema_oid, 'usage') then array[
          format('Role %I has no USAGE privilege on the schema.', current_user),
          format('Run grant usage on schema %I to %I', schema_name, current_user)]
        when not pg_catalog.has_table_privilege(v_table.oid, 'select') then array[
          format('Role %I has no SELECT privilege.', current_user),
          format('Run grant select on %I.%I to %I', schema_name, table_name, current_user)]
        when pg_catalog.row_security_active(v_table.oid) then array[
          format('Row security hides rows from role %I.', current_user),
          format('Run alter role %I bypassrls', current_user)]
      end;
      if v_refusal is not null then
        raise exception using
          errcode = 'HF305',
          message = format('table %I.%I cannot be read', schema_name, table_name),
          detail  = v_refusal[1],
          hint    = v_refusal[2] || ', or add the schema to backup.settings.excluded_schemas.';
      end if;
      status := 'pending';
      pages := pg_catalog.pg_relation_size(v_table.oid) / v_block_size;
      total_bytes := pg_catalog.pg_table_size(v_table.oid);
      fingerprint_expression := backup.fingerprint_expression(v_table.oid);
      -- A table that stores its rows elsewhere has no pages and so no chunks: its count shows that they are missing.
      if pages = 0 or v_table.among_smallest and pages <= v_count_left then
        v_count_left := v_count_left - pages;
        -- A lock is held to the end of its transaction, and each count takes one for the table and one for every index: ten thousand
        -- partitions fill the server's lock table. What a rolled back subtransaction has locked is free again; its count stays.
        begin
          execute format('select count(*) from only %I.%I', schema_name, table_name) into planned_rows;
          raise exception using errcode = 'ZZ000', message = 'counted';
        exception when sqlstate 'ZZ000' then null;
        end;
      end if;
      -- Last: asking for the size waits for whoever holds the table, and a TRUNCATE that ends then gives it another file.
      filenode := pg_catalog.pg_relation_filenode(v_table.oid);
      if filenode is distinct from v_table.relfilenode then
        raise exception using
          errcode = 'HF301',
          message = format('table %I.%I was rewritten or dropped while the run began', schema_name, table_name),
          hint    = 'Start the run again when migrations and VACUUM FULL have ended.';
      end if;
    end if;
    return next;
  end loop;
end;
$$;

comment on function backup.plan_tables() is
  'Every table of the database with what a backup does with its rows, as backup.run_tables stores it. Errors: HF301, HF305.';
revoke all on function backup.plan_tables() from public;

-- sql/functions/policy_next_runs.sql
-- requires: tables/policies.sql, tables/runs.sql, functions/next_run.sql, functions/wanted_schedules.sql
-- backup.policy_next_runs(p_now)
--
-- Why: a policy without a schedule gets the first export of its period, so its next run depends on what there is already.
create or replace function backup.policy_next_runs(p_now timestamptz default now())
returns table (policy_name text, next_run_at timestamptz)
language sql
stable
set search_path = ''
as $$
  with policy as (
    select p.*, case p.frequency when 'weekly' then 'week' when 'monthly' then 'month' else 'day' end as unit
    from backup.policies p where p.enabled and p.provider <> 'supabase'
  ), after as (
    select p.*, case when exists (select from backup.runs r where r.state = 'complete' and r.snapshot_at >= date_trunc(p.unit, p_now, 'UTC'))
                     then date_trunc(p.unit, p_now, 'UTC') + ('1 ' || p.unit)::interval - interval '1 second'
                     else p_now end as free_at
    from policy p
  )
  select a.name, coalesce(backup.next_run(a.schedule, p_now),
    case when a.provider = 'aws_s3' then
      (select min(backup.next_run(w.schedule, a.free_at)) from backup.wanted_schedules() w where w.job_name like 'holdfast-export%') end)
  from after a
$$;

comment on function backup.policy_next_runs(timestamptz) is 'When the backups of each enabled policy of Holdfast are due next. Null: no schedule leads to one.';
revoke all on function backup.policy_next_runs(timestamptz) from public;

-- sql/functions/policy_warnings.sql
-- requires: tables/policies.sql, tables/objectives.sql, tables/prices.sql, tables/runs.sql, functions/next_runs.sql
-- backup.policy_warnings()
--
-- Why: a strategy can be valid and still not be what was meant. These are not refused, because each can be meant. Policies
-- that are off are looked at too: the time to hear of it is before they are turned on.
create or replace function backup.policy_warnings()
returns table (policy_name text, code text, message text)
language sql
stable
set search_path = ''
as $$
  with policy as (
    select p.*, extract(epoch from p.retention) / 86400 as days,
           (select extract(epoch from max(n) - min(n)) / 11 from backup.next_runs(p.schedule, 12) n) as gap,
           case p.frequency when 'daily' then 86400 when 'weekly' then 7 * 86400 when 'monthly' then 31 * 86400 end as period
    from backup.policies p
  ), size as (
    select r.stored_bytes from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1
  ), found as (
    select p.name, 'early_deletion' as code,
           format('%s is billed for %s days at least; of runs deleted after %s days the other %s are paid for nothing: %s',
             p.storage_class, c.minimum_days, round(p.days, 1), round(c.minimum_days - p.days, 1),
             coalesce((select format('about %s USD for a run of the size of the newest', round(c.usd_per_gb * s.stored_bytes / 1e9 * (c.minimum_days - p.days) / 30.4375, 4)) from size s),
                      format('about %s USD per GB', round(c.usd_per_gb * (c.minimum_days - p.days) / 30.4375, 5)))) as message
    from policy p join backup.prices c on c.item = p.storage_class where p.days < c.minimum_days
    union all
    select p.name, 'thaw_exceeds_rto',
           format('a run in %s can be read after up to %s, which is longer than the RTO of %s', p.storage_class, c.thaw, o.target)
    from policy p join backup.prices c on c.item = p.storage_class join backup.objectives o on o.name = 'rto' where c.thaw > o.target
    union all
    select p.name, 'schedule_too_rare',
           format('the schedule %s runs every %s days on average, rarer than %s', p.schedule, round((p.gap / 86400)::numeric, 1), p.frequency)
    from policy p where p.gap > 1.05 * p.period
    union all
    select p.name, 'kept_shorter_than_period', format('a run is deleted after %s days, before the next %s one is due', round(p.days, 1), p.frequency)
    from policy p where p.days * 86400 < p.period
  )
  select f.name, f.code, f.message from found f order by f.name, f.code
$$;

comment on function backup.policy_warnings() is
  'What is allowed in backup.policies but may not be meant: early deletion that costs money, thawing longer than the RTO, schedules rarer than the frequency, runs gone before the next. Enabled or not.';
revoke all on function backup.policy_warnings() from public;

-- sql/functions/record_alert_test.sql
-- requires: tables/alert_deliveries.sql, tables/settings.sql, functions/_reopen_untold.sql
-- backup.record_alert_test(p_outcomes)
--
-- Why: whether a channel works is told by its newest message, and a test is one: a repaired channel ends the alert
-- delivery_failing. A test that arrives also shows that there is a channel now, so alerts are told that found none, or were
-- given up on this one.
-- p_outcomes: [{channel, sent, status_code, error}].
create or replace function backup.record_alert_test(p_outcomes jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into backup.alert_deliveries (event, cause, channel, state, content, attempts, status_code, error, finished_at)
  select 'test', 'test', o.channel, case when o.sent then 'sent' else 'failed' end, jsonb_build_object('project', s.project_ref), 1,
         o.status_code, case when not o.sent then coalesce(o.error, 'unknown') end, clock_timestamp()
  from backup.settings s
  cross join jsonb_to_recordset(p_outcomes) as o (channel text, sent boolean, status_code integer, error text);
  perform backup._reopen_untold(o.channel, clock_timestamp(), clock_timestamp())
  from jsonb_to_recordset(p_outcomes) as o (channel text, sent boolean) where o.sent and o.channel not like 'heartbeat%';
end
$$;

comment on function backup.record_alert_test(jsonb) is
  'Records what came of test messages, and has open alerts told that had found no channel or were given up. Takes [{channel, sent, status_code, error}].';
revoke all on function backup.record_alert_test(jsonb) from public;

-- sql/functions/record_drill.sql
-- requires: tables/drills.sql, functions/_drill_alert.sql
-- backup.record_drill(p_drill)
--
-- Why: a drill of the holdfast command is over before the ledger hears of it, since it works without the ledger as well.
-- p_drill: {drill_id, run_id, target, selection, manifest_sha256, verdict, started_at, finished_at, phase_seconds, rows,
-- raw_bytes, proof, proof_key, failure_code, failure_message}. The same drill_id again changes nothing.
-- Returns the drill's id. Errors: HF001 this ledger does not know the run.
create or replace function backup.record_drill(p_drill jsonb)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_drill_id uuid := coalesce((p_drill ->> 'drill_id')::uuid, gen_random_uuid());
begin
  if not exists (select from backup.runs r where r.run_id = p_drill ->> 'run_id') then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_drill ->> 'run_id'),
      hint = 'The backup is of another ledger; the drill counts, but cannot be recorded here.';
  end if;
  insert into backup.drills (drill_id, run_id, trigger, engine, target, selection, state, manifest_sha256, verdict, started_at,
                             finished_at, phase_seconds, rows, raw_bytes, proof, proof_key, failure_code, failure_message)
  select v_drill_id, r.run_id, 'cli', 'cli', r.target, coalesce(r.selection, 'named'),
         case when r.failure_code is null then 'complete' else 'failed' end, r.manifest_sha256, r.verdict, r.started_at,
         r.finished_at, coalesce(r.phase_seconds, '{}'), r.rows, r.raw_bytes, coalesce(r.proof, '{}'), r.proof_key,
         r.failure_code, r.failure_message
  from jsonb_to_record(p_drill) as r(
    run_id text, target text, selection text, manifest_sha256 text, verdict backup.verdict, started_at timestamptz,
    finished_at timestamptz, phase_seconds jsonb, rows bigint, raw_bytes bigint, proof jsonb, proof_key text,
    failure_code text, failure_message text)
  on conflict (drill_id) do nothing;
  if found then
    perform backup._drill_alert(v_drill_id);
  end if;
  return v_drill_id;
end;
$$;

comment on function backup.record_drill(jsonb) is 'Records a finished drill of the holdfast command and raises or resolves the alert. Errors: HF001.';
revoke all on function backup.record_drill(jsonb) from public;

-- sql/functions/record_key_proof.sql
-- requires: tables/key_proofs.sql
-- backup.record_key_proof(p_proof)
--
-- Why: the private key is nowhere near this database, so whoever holds it says here that it opened a backup.
-- p_proof: {run_id, recipient, manifest_sha256, objects, bytes}.
-- Returns the id of the proof. Errors: HF001 this ledger does not know the run, HF704 it is another backup or not for this key.
create or replace function backup.record_key_proof(p_proof jsonb)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_run          backup.runs;
  v_key_proof_id uuid;
begin
  select * into v_run from backup.runs r where r.run_id = p_proof ->> 'run_id';
  if not found then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_proof ->> 'run_id'),
      hint = 'The backup is of another ledger; the key opens it, but that cannot be recorded here.';
  end if;
  if v_run.manifest_sha256 is distinct from p_proof ->> 'manifest_sha256' then
    raise exception using errcode = 'HF704', message = format('the proof is about another backup than run %s of this ledger', v_run.run_id),
      hint = 'Prove the key with the backup that this ledger recorded.';
  end if;
  if p_proof ->> 'recipient' is null or not (p_proof ->> 'recipient' = any (coalesce(v_run.age_recipients, '{}'))) then
    raise exception using errcode = 'HF704', message = format('run %s is not encrypted to this recipient', v_run.run_id),
      hint = 'See age_recipients in backup.runs.';
  end if;
  insert into backup.key_proofs (recipient, run_id, manifest_sha256, objects, bytes)
  select k.recipient, k.run_id, k.manifest_sha256, k.objects, k.bytes
  from jsonb_to_record(p_proof) as k(recipient text, run_id text, manifest_sha256 text, objects integer, bytes bigint)
  returning key_proof_id into v_key_proof_id;
  return v_key_proof_id;
end;
$$;

comment on function backup.record_key_proof(jsonb) is 'Records that the private key of a recipient opened a backup. Errors: HF001, HF704.';
revoke all on function backup.record_key_proof(jsonb) from public;

-- sql/functions/record_plan.sql
-- requires: functions/held_chunks.sql, functions/chunk_ranges.sql, tables/run_tables.sql, tables/settings.sql
-- backup.record_plan(p_run_id, p_claim_id, p_tables, p_schema_fingerprint, p_snapshot_xids, p_sequences)
--
-- Why: planning reads inside the snapshot, which is read only; this writes down what it found, in one transaction with the
-- completion of the plan chunk, so that a plan exists once or not at all. Big tables come first: they decide the time.
-- p_sequences: backup.sequence_values() of that moment, for the chunk that reads them again at the end.
-- Errors: HF003, HF004.
create or replace function backup.record_plan(
  p_run_id text, p_claim_id uuid, p_tables jsonb, p_schema_fingerprint text, p_snapshot_xids text, p_sequences jsonb default '[]')
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_chunk_bytes bigint := (select s.chunk_bytes from backup.settings s);
  v_plan        integer := (select h.chunk_no from backup.held_chunks(p_run_id, p_claim_id) h where h.kind = 'plan');
  v_count       integer;
begin
  if v_plan is null then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold the plan of run %s', p_claim_id, p_run_id),
      hint = 'The plan is recorded by the worker that claimed it.';
  end if;

  insert into backup.run_tables (run_id, schema_name, table_name, relid, status, reason, columns,
                                 fingerprint_expression, filenode, pages, total_bytes, planned_rows)
  select p_run_id, t.schema_name, t.table_name, t.relid, t.status, t.reason, t.columns,
         t.fingerprint_expression, t.filenode, t.pages, t.total_bytes, t.planned_rows
  from jsonb_to_recordset(p_tables) as t(
    schema_name text, table_name text, relid oid, status backup.table_status, reason text, columns text[],
    fingerprint_expression text, filenode oid, pages bigint, total_bytes bigint, planned_rows bigint);

  with work as (
    select 'schema'::backup.chunk_kind as kind, null::text as schema_name, null::text as table_name,
           null::tid as first_tid, null::tid as end_tid, 0::bigint as estimated_bytes, 0::bigint as size
    union all select 'globals', null, null, null, null, 0, 0
    union all
    select 'data', t.schema_name, t.table_name, c.first_tid, c.end_tid, c.estimated_bytes, t.total_bytes
    from backup.run_tables t
    cross join lateral backup.chunk_ranges(t.pages, t.total_bytes, v_chunk_bytes) c
    where t.run_id = p_run_id and t.status = 'pending'
    union all select 'schema_sql', null, null, null, null, 0, -1
    union all select 'sequences', null, null, null, null, 0, -2
    union all select 'manifest', null, null, null, null, 0, -3
  )
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes, positions)
  select p_run_id,
         v_plan + row_number() over (order by kind not in ('schema', 'globals'), size desc, schema_name, table_name, first_tid),
         kind, schema_name, table_name, first_tid, end_tid, estimated_bytes, case kind when 'sequences' then p_sequences end
  from work;
  get diagnostics v_count = row_count;

  update backup.runs r
     set schema_fingerprint = p_schema_fingerprint, snapshot_xids = p_snapshot_xids
   where r.run_id = p_run_id;
  update backup.chunks c
     set state = 'done', done_at = clock_timestamp(), claim_id = null, lease_until = null
   where c.run_id = p_run_id and c.chunk_no = v_plan;
  return v_count;
end;
$$;

comment on function backup.record_plan(text, uuid, jsonb, text, text, jsonb) is
  'Stores the tables of a run and makes its chunks; returns how many. Errors: HF003, HF004.';
revoke all on function backup.record_plan(text, uuid, jsonb, text, text, jsonb) from public;

-- sql/functions/record_primary_backups.sql
-- requires: tables/primary_backups.sql
-- backup.record_primary_backups(p_project_ref, p_answer, p_outcome, p_reason)
--
-- Why: what the Management API said is kept, so that the verdict can be read again and a backup that vanished is noticed.
-- How long is decided by backup.prune_ledger().
create or replace function backup.record_primary_backups(
  p_project_ref text,
  p_answer      jsonb,
  p_outcome     text default 'answered',
  p_reason      text default null
)
returns bigint
language plpgsql
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_look_id bigint;
  v_window  jsonb := p_answer -> 'physical_backup_data';
begin
  insert into backup.primary_backups
    (project_ref, outcome, reason, region, walg_enabled, pitr_enabled, pitr_earliest, pitr_latest, completed, newest_at, oldest_at, backups)
  select p_project_ref, p_outcome, p_reason, p_answer ->> 'region', (p_answer ->> 'walg_enabled')::boolean, (p_answer ->> 'pitr_enabled')::boolean,
         -- The API writes 0 where there is no window.
         to_timestamp(nullif((v_window ->> 'earliest_physical_backup_date_unix')::numeric, 0)::double precision),
         to_timestamp(nullif((v_window ->> 'latest_physical_backup_date_unix')::numeric, 0)::double precision),
         count(*) filter (where b.value ->> 'status' = 'COMPLETED'),
         max((b.value ->> 'inserted_at')::timestamptz) filter (where b.value ->> 'status' = 'COMPLETED'),
         min((b.value ->> 'inserted_at')::timestamptz) filter (where b.value ->> 'status' = 'COMPLETED'),
         case when p_outcome = 'answered' then coalesce(jsonb_agg(jsonb_build_object('inserted_at', b.value -> 'inserted_at', 'status', b.value -> 'status',
           'is_physical_backup', b.value -> 'is_physical_backup') order by b.value ->> 'inserted_at' desc) filter (where b.value is not null), '[]') end
  from (select) as one left join jsonb_array_elements(p_answer -> 'backups') as b (value) on true
  returning look_id into v_look_id;
  return v_look_id;
end
$$;

comment on function backup.record_primary_backups(text, jsonb, text, text) is
  'Stores one look at the backups that Supabase makes: the answer of the Management API, or why there is none (no_token, unanswered). Returns its id.';
revoke all on function backup.record_primary_backups(text, jsonb, text, text) from public;

-- sql/functions/release_chunk.sql
-- requires: functions/held_chunks.sql, functions/fail_run.sql, tables/settings.sql
-- backup.release_chunk(p_run_id, p_claim_id, p_chunk_no, p_code, p_message, p_retry)
--
-- Why: a worker that meets an error gives the chunk back at once, so that nobody waits for the lease. With p_retry it
-- may be claimed again after a back-off that doubles (2 s, 4 s, 8 s, … at most 5 minutes); without it, or when its
-- attempts are spent, the run fails with this error.
-- Returns whether the chunk will be tried again. Errors: HF003, HF004.
create or replace function backup.release_chunk(
  p_run_id text, p_claim_id uuid, p_chunk_no integer, p_code text, p_message text, p_retry boolean)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_max_attempts integer := (select s.max_attempts from backup.settings s);
  v_attempts     integer;
begin
  select h.attempts into v_attempts from backup.held_chunks(p_run_id, p_claim_id) h where h.chunk_no = p_chunk_no;
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold chunk %s', p_claim_id, p_chunk_no),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  update backup.chunks c
     set state = 'pending', claim_id = null, lease_until = null, error_code = p_code, error_message = p_message,
         not_before = clock_timestamp() + least(make_interval(secs => 2 ^ least(c.attempts, 10)), interval '5 minutes')
   where c.run_id = p_run_id and c.chunk_no = p_chunk_no;
  if p_retry and v_attempts < v_max_attempts then
    return true;
  end if;
  perform backup.fail_run(p_run_id, p_code, p_message,
    case when p_retry then format('Given up after %s attempts.', v_attempts) end);
  return false;
end;
$$;

comment on function backup.release_chunk(text, uuid, integer, text, text, boolean) is
  'Gives a claimed chunk back after an error: to be tried again later, or to fail the run. Errors: HF003, HF004.';
revoke all on function backup.release_chunk(text, uuid, integer, text, text, boolean) from public;

-- sql/functions/release_drill_step.sql
-- requires: functions/_held_drill_step.sql, functions/fail_drill.sql, tables/settings.sql
-- backup.release_drill_step(p_drill_id, p_step_no, p_claim_id, p_code, p_message, p_retry)
--
-- Why: a worker that meets an error gives the step back at once, so that nobody waits for the lease. With p_retry it may
-- be claimed again after a back-off that doubles (2 s, 4 s, 8 s, … at most 5 minutes); without it, or when its attempts
-- are spent, the drill fails with this error.
-- Returns whether the step will be tried again. Errors: HF522, HF523.
create or replace function backup.release_drill_step(
  p_drill_id uuid, p_step_no integer, p_claim_id uuid, p_code text, p_message text, p_retry boolean)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_attempts integer := (select h.attempts from backup._held_drill_step(p_drill_id, p_step_no, p_claim_id) h);
begin
  update backup.drill_steps s
     set state = 'pending', claim_id = null, lease_until = null, error_code = p_code, error_message = p_message,
         not_before = clock_timestamp() + least(make_interval(secs => 2 ^ least(s.attempts, 10)), interval '5 minutes')
   where s.drill_id = p_drill_id and s.step_no = p_step_no;
  if p_retry and v_attempts < (select s.max_attempts from backup.settings s) then
    return true;
  end if;
  perform backup.fail_drill(p_drill_id, p_code, p_message);
  return false;
end;
$$;

comment on function backup.release_drill_step(uuid, integer, uuid, text, text, boolean) is
  'Gives a claimed step back after an error: to be tried again later, or to fail the drill. Errors: HF522, HF523.';
revoke all on function backup.release_drill_step(uuid, integer, uuid, text, text, boolean) from public;

-- sql/functions/renew_drill_step.sql
-- requires: functions/_held_drill_step.sql, tables/settings.sql
-- backup.renew_drill_step(p_drill_id, p_step_no, p_claim_id)
--
-- Why: an index on a large table takes longer than a lease. A worker that lives says so, and the lease of one that died
-- still runs out soon. Returns the new end of the lease. Errors: HF522, HF523.
create or replace function backup.renew_drill_step(p_drill_id uuid, p_step_no integer, p_claim_id uuid)
returns timestamptz
language plpgsql
set search_path = ''
as $$
declare
  v_until timestamptz;
begin
  perform backup._held_drill_step(p_drill_id, p_step_no, p_claim_id);
  update backup.drill_steps s
     set lease_until = clock_timestamp() + make_interval(secs => (select least(c.lease_seconds, 45) from backup.settings c))
   where s.drill_id = p_drill_id and s.step_no = p_step_no
  returning s.lease_until into v_until;
  return v_until;
end;
$$;

comment on function backup.renew_drill_step(uuid, integer, uuid) is 'Extends the lease of a step that takes long. Errors: HF522, HF523.';
revoke all on function backup.renew_drill_step(uuid, integer, uuid) from public;

-- sql/functions/replan_table.sql
-- requires: functions/held_chunks.sql, functions/chunk_ranges.sql, tables/run_tables.sql
-- backup.replan_table(p_run_id, p_claim_id, p_chunk_no, p_filenode, p_pages, p_total_bytes, p_rows)
--
-- Why: VACUUM FULL and CLUSTER give every row another address, so ranges that were copied before no longer tell which rows
-- are missing. When the snapshot still sees as many rows as at planning time the table is copied again from its first
-- chunk; objects that were stored for it stay behind as debris. Otherwise (TRUNCATE, a rewriting ALTER, a table that was not
-- counted) the rows of the snapshot are gone or cannot be proven to be there.
-- Returns false in that case and changes nothing. Errors: HF003, HF004.
create or replace function backup.replan_table(
  p_run_id text, p_claim_id uuid, p_chunk_no integer, p_filenode oid, p_pages bigint, p_total_bytes bigint, p_rows bigint)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_chunk_bytes bigint := (select s.chunk_bytes from backup.settings s);
  v_chunk backup.chunks;
  v_table backup.run_tables;
  v_next  integer;
begin
  perform from backup.runs r where r.run_id = p_run_id for no key update;
  select h.* into v_chunk from backup.held_chunks(p_run_id, p_claim_id) h where h.chunk_no = p_chunk_no and h.kind = 'data';
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold data chunk %s', p_claim_id, p_chunk_no),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  select * into v_table from backup.run_tables t
   where (t.run_id, t.schema_name, t.table_name) = (p_run_id, v_chunk.schema_name, v_chunk.table_name) for update;
  if v_table.filenode = p_filenode then
    return true; -- Another worker planned the table again already; this claim's ranges are replaced below or by it.
  end if;
  if v_table.planned_rows is null or v_table.planned_rows <> p_rows then
    return false;
  end if;

  v_next := (select max(c.chunk_no) from backup.chunks c where c.run_id = p_run_id);
  update backup.chunks c set state = 'replaced', claim_id = null, lease_until = null, done_at = null
   where (c.run_id, c.schema_name, c.table_name) = (p_run_id, v_chunk.schema_name, v_chunk.table_name);
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes)
  select p_run_id, v_next + row_number() over (order by r.first_tid), 'data',
         v_chunk.schema_name, v_chunk.table_name, r.first_tid, r.end_tid, r.estimated_bytes
  from backup.chunk_ranges(p_pages, p_total_bytes, v_chunk_bytes) r;
  update backup.run_tables t set filenode = p_filenode, pages = p_pages, total_bytes = p_total_bytes
   where (t.run_id, t.schema_name, t.table_name) = (p_run_id, v_chunk.schema_name, v_chunk.table_name);
  return true;
end;
$$;

comment on function backup.replan_table(text, uuid, integer, oid, bigint, bigint, bigint) is
  'Plans a table again after VACUUM FULL or CLUSTER moved its rows; false when the snapshot''s rows are not provably all there. Errors: HF003, HF004.';
revoke all on function backup.replan_table(text, uuid, integer, oid, bigint, bigint, bigint) from public;

-- sql/functions/return_chunks.sql
-- requires: functions/held_chunks.sql
-- backup.return_chunks(p_run_id, p_claim_id)
--
-- Why: chunks that were claimed together with one that failed were not tried; giving them back costs them no attempt.
-- Errors: HF003, HF004.
create or replace function backup.return_chunks(p_run_id text, p_claim_id uuid)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_held  integer[] := array(select h.chunk_no from backup.held_chunks(p_run_id, p_claim_id) h);
begin
  update backup.chunks c
     set state = 'pending', claim_id = null, lease_until = null, attempts = c.attempts - 1
   where c.run_id = p_run_id and c.chunk_no = any (v_held);
  return cardinality(v_held);
end;
$$;

comment on function backup.return_chunks(text, uuid) is 'Gives untried chunks of a claim back; returns how many. Errors: HF003, HF004.';
revoke all on function backup.return_chunks(text, uuid) from public;

-- sql/functions/run_access_probes.sql
-- requires: tables/access_probes.sql
-- backup.run_access_probes(name)
--
-- Why: equal policies in the catalog do not prove equal access: a policy may call a function, read another table or depend on
-- who owns it. Counting what a role sees, before and after, does. The backup keeps the numbers of its own snapshot.
-- Each probe sees the table as PostgREST would show it: as the role, with the claims, with row security, and with the schemas
-- of the table, public and extensions to look names up in. It runs in a block that is rolled back, which restores every
-- setting, and read-only, since functions in policies are somebody else's.
-- A probe has either rows or a SQLSTATE; a refusal (42501) is an answer like a number. looked is false where nothing was
-- tried: the role does not exist or is not open to the caller, or the relation is not a table. Never returns row values.
-- SET ROLE asks what the session may, which may be more than what the caller may, so that membership of the caller is
-- asked first; views are refused because they may run anything. Cancelling passes through.
-- Locks: ACCESS SHARE on each table until the transaction ends; waits at most 10 s for it.
create or replace function backup.run_access_probes(p_name text default null)
returns table (name text, role_name text, schema_name text, table_name text, rows bigint, error text, looked boolean)
language plpgsql
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  v_probe record;
  v_done  boolean;
begin
  for v_probe in
    select p.*, coalesce(pg_catalog.pg_has_role(current_user, r.oid,
             -- From 16 on a member may be one without being allowed to act as the role.
             case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end), false) as may_be,
           c.oid is null as missing, coalesce(c.relkind in ('r', 'p'), false) as countable
    from backup.access_probes p
    left join pg_catalog.pg_roles r on r.rolname::text = p.role_name
    left join pg_catalog.pg_namespace n on n.nspname::text = p.schema_name
    left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname::text = p.table_name
    where p.enabled and (p_name is null or p.name = p_name)
    order by p.name
  loop
    name := v_probe.name; role_name := v_probe.role_name; schema_name := v_probe.schema_name; table_name := v_probe.table_name;
    rows := null; error := null; looked := true; v_done := false;
    if not v_probe.may_be or not (v_probe.missing or v_probe.countable) then
      error := case when v_probe.may_be then '42809' else '0P000' end;
      looked := false;
      return next;
      continue;
    end if;
    begin
      perform pg_catalog.set_config('transaction_read_only', 'on', true),
              pg_catalog.set_config('row_security', 'on', true),
              pg_catalog.set_config('search_path', format('%I, public, extensions', v_probe.schema_name), true),
              pg_catalog.set_config('request.jwt.claims', (jsonb_build_object('role', v_probe.role_name) || v_probe.claims)::text, true),
              -- Older policies read single claims.
              pg_catalog.set_config('request.jwt.claim.sub', coalesce(v_probe.claims ->> 'sub', ''), true),
              pg_catalog.set_config('request.jwt.claim.role', coalesce(v_probe.claims ->> 'role', v_probe.role_name), true),
              pg_catalog.set_config('request.jwt.claim.email', coalesce(v_probe.claims ->> 'email', ''), true);
      perform pg_catalog.set_config('role', v_probe.role_name, true);
      execute format('select pg_catalog.count(*) from %I.%I', v_probe.schema_name, v_probe.table_name) into rows;
      v_done := true;
      raise exception using errcode = 'transaction_rollback';
    exception when others then
      if not v_done then
        rows := null;
        get stacked diagnostics error = returned_sqlstate;
      end if;
    end;
    return next;
  end loop;
end
$$;

comment on function backup.run_access_probes(text) is
  'Counts, for each enabled probe, the rows its role sees with its claims, read-only; errors appear as SQLSTATE. With a name: that probe only. The caller must be a member of the role.';
revoke all on function backup.run_access_probes(text) from public;

-- sql/functions/run_verification_check.sql
-- backup.run_verification_check(verification id, check name)
--
-- Why: a check that throws must not take the verification with it, nor disappear. Its error becomes an inconclusive
-- finding. Only a cancelled statement passes through, because the caller then hands the check over to pg_cron.
-- The message of an error may quote a row, so only classes of errors that cannot are stored with their message.
create or replace function backup.run_verification_check(p_verification_id uuid, p_check_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_started  timestamptz := clock_timestamp();
  v_findings jsonb;
  v_message  text;
begin
  if p_check_name = 'check_backup_objects'
     or p_check_name not in (select n.check_name from backup.verification_check_names() as n (check_name)) then
    raise exception using errcode = 'HF006', message = format('check %I cannot be run in the database', p_check_name),
      hint = 'Choose one of: select backup.verification_check_names();';
  end if;

  begin
    execute format('select coalesce(jsonb_agg(to_jsonb(f)), ''[]'') from backup.%I() as f', p_check_name)
      into v_findings;
  exception when others then
    v_message := case
      when sqlstate ~ '^(HF|42)' then format('error %s: %s', sqlstate, sqlerrm)
      else format('error %s', sqlstate) end;
    v_findings := jsonb_build_array(jsonb_build_object(
      'subject', p_check_name, 'verdict', 'inconclusive',
      'expected', 'the check runs to its end', 'actual', v_message,
      'evidence', jsonb_build_object('sqlstate', sqlstate, 'repeat_with', format('select * from backup.%I();', p_check_name))));
  end;

  return backup.record_findings(p_verification_id, p_check_name, v_findings,
    extract(epoch from clock_timestamp() - v_started) * 1000);
end
$$;

comment on function backup.run_verification_check(uuid, text) is
  'Runs one SQL check of a verification and records its answers; an error becomes an inconclusive answer, a timeout (57014) is raised to the caller. False: it had already reported. Errors: HF006.';
revoke all on function backup.run_verification_check(uuid, text) from public;

-- sql/functions/run_background_check.sql
-- requires: functions/run_verification_check.sql, functions/record_findings.sql, functions/request_report.sql
-- backup.run_background_check(verification id, check name)
--
-- Why: what the pg_cron job of a handed-over check runs. Nobody is left to hand it to after this, so here a timeout is
-- an answer: inconclusive.
create or replace function backup.run_background_check(p_verification_id uuid, p_check_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_started  timestamptz := clock_timestamp();
  v_recorded boolean;
begin
  begin
    v_recorded := backup.run_verification_check(p_verification_id, p_check_name);
  exception when query_canceled then
    v_recorded := backup.record_findings(p_verification_id, p_check_name, jsonb_build_array(jsonb_build_object(
    'subject', p_check_name, 'verdict', 'inconclusive',
    'expected', format('an answer within %s', (select s.background_timeout from backup.settings s)),
    'actual', 'the check was cancelled or ran longer',
    'evidence', jsonb_build_object('sqlstate', sqlstate,
      'raise_the_limit_with', 'update backup.settings set background_timeout = ''8 hours'' where id;'))),
    extract(epoch from clock_timestamp() - v_started) * 1000);
  end;
  perform backup.request_report(p_verification_id);
  return v_recorded;
end
$$;

comment on function backup.run_background_check(uuid, text) is
  'Runs a handed-over check inside its pg_cron job; a timeout is recorded as inconclusive. Errors: HF006.';
revoke all on function backup.run_background_check(uuid, text) from public;

-- sql/functions/run_sample_queries.sql
-- requires: tables/sample_queries.sql
-- backup.run_sample_queries(name)
--
-- Why: what the application asks for must be answered, correctly and in time, also in a restored database.
-- A query runs as the caller, as one statement, through a cursor, read-only, in a block that is always rolled back.
-- Time budget: between batches of rows a query over budget is stopped. One that computes for long before its first row can only be
-- interrupted from outside, because PostgreSQL counts statement_timeout from the start of the outer statement: when
-- that happens after the query's own budget is spent, the query fails and the ones behind it are inconclusive, not run;
-- before that, the cancellation is passed on. Give p_name to run one query as a statement of its own.
-- Evidence holds times and numbers of rows, never a value that a query returned.
-- Locks: those of the queries, until the transaction ends; waits at most 10 s for each.
create or replace function backup.run_sample_queries(p_name text default null)
returns setof backup.finding
language plpgsql
set search_path = ''
set row_security = off
set lock_timeout = '10s'
set cursor_tuple_fraction = 1
as $$
declare
  v_query     record;
  v_cursor    refcursor;
  v_row       record;
  v_scalar    text;
  v_batch     bigint;
  v_rows      bigint;
  v_started   timestamptz;
  v_ms        numeric;
  v_done      boolean;
  v_cancelled text;
  v_state     text;
  v_message   text;
  v_met       boolean;
  v_expected  text;
begin
  for v_query in
    select q.* from backup.sample_queries q
    where q.enabled and (p_name is null or q.name = p_name)
    order by q.name
  loop
    v_expected := format('%s, within %s ms', case v_query.expectation
      when 'runs' then 'runs' when 'non_empty' then 'at least 1 row' when 'empty' then 'no row'
      when 'rows_min' then format('at least %s rows', v_query.expected_value)
      when 'rows_equal' then format('exactly %s rows', v_query.expected_value)
      else 'the configured value' end, v_query.max_ms);
    if v_cancelled is not null then
      return next ('run_sample_queries', v_query.name, 'inconclusive'::backup.verdict, v_expected,
        'not run: the time was spent by another query', jsonb_build_object('spent_by', v_cancelled,
        'repeat_with', format('select * from backup.run_sample_queries(%L);', v_query.name)))::backup.finding;
      continue;
    end if;

    v_rows := 0; v_scalar := null; v_done := false; v_state := null;
    v_started := clock_timestamp();
    begin
      perform pg_catalog.set_config('transaction_read_only', 'on', true);
      open v_cursor no scroll for execute v_query.query;
      fetch v_cursor into v_row;
      if found then
        v_rows := 1;
        if v_query.expectation = 'scalar_equals' then
          select j.value into v_scalar from json_each_text(row_to_json(v_row)) as j limit 1;
        end if;
        loop
          exit when clock_timestamp() - v_started > v_query.max_ms * interval '1 millisecond';
          move forward 1000 in v_cursor;
          get diagnostics v_batch = row_count;
          v_rows := v_rows + v_batch;
          exit when v_batch = 0;
        end loop;
      end if;
      v_done := true;
      raise exception using errcode = 'transaction_rollback';
    exception
      when query_canceled then
        if clock_timestamp() - v_started <= v_query.max_ms * interval '1 millisecond' then
          raise;
        end if;
        v_cancelled := v_query.name; v_state := sqlstate;
      when others then
        if not v_done then
          v_state := sqlstate; v_message := sqlerrm;
        end if;
    end;
    v_ms := round(extract(epoch from clock_timestamp() - v_started)::numeric * 1000, 1);

    v_met := case v_query.expectation
      when 'runs' then true
      when 'non_empty' then v_rows > 0
      when 'empty' then v_rows = 0
      when 'rows_min' then v_rows >= v_query.expected_value::bigint
      when 'rows_equal' then v_rows = v_query.expected_value::bigint
      else v_rows > 0 and v_scalar is not distinct from v_query.expected_value end;
    return next ('run_sample_queries', v_query.name,
      -- Not being allowed to look says nothing about the data; any other error is the query's own failure.
      case when v_state in ('42501', '55P03') then 'inconclusive'
           when v_state is not null or v_ms > v_query.max_ms or not v_met then 'failed'
           else 'passed' end::backup.verdict,
      v_expected,
      case when v_cancelled is not null then 'cancelled after its time budget'
           when v_state is not null then (backup._finding_of_error('', '', '', v_state, v_message)).actual
           when v_ms > v_query.max_ms then 'stopped after its time budget'
           when v_query.expectation = 'scalar_equals' and v_rows > 0 then
             case when v_met then 'the configured value' else 'another value' end
           else v_rows || ' rows' end,
      jsonb_strip_nulls(jsonb_build_object('duration_ms', v_ms, 'max_ms', v_query.max_ms, 'rows', v_rows,
        'sqlstate', v_state)))::backup.finding;
  end loop;
end
$$;

comment on function backup.run_sample_queries(text) is
  'Runs the enabled queries of backup.sample_queries read-only, compares each with its expectation and measures it against its time budget. With a name: that query only.';
revoke all on function backup.run_sample_queries(text) from public;

-- sql/functions/schedule_keeper.sql
-- requires: functions/schedule_once.sql, functions/keeper_command.sql
-- backup.schedule_keeper(p_run_id)
create or replace function backup.schedule_keeper(p_run_id text)
returns boolean
language sql
set search_path = ''
as $$
  select backup.schedule_once('holdfast-keeper-' || p_run_id, backup.keeper_command(p_run_id))
$$;

comment on function backup.schedule_keeper(text) is
  'Lets pg_cron hold the snapshot of a run. False without pg_cron: then another session has to run backup.keeper_command().';
revoke all on function backup.schedule_keeper(text) from public;

-- sql/functions/schema_fingerprint.sql
-- requires: functions/included_schemas.sql
-- backup.schema_fingerprint()
--
-- Why: taken in the snapshot and again at the end of a run; when they differ, DDL ran in between and the captured
-- schema may not fit the data. Compares object ids and row versions of the catalog, which is cheap; columns that ANALYZE,
-- VACUUM and CLUSTER touch are left out. Only comparable inside one database.
-- Not noticed, because no row that is copied depends on it: comments, options of sequences, publications, extended
-- statistics, default privileges, operators, casts, collations, text search, settings of roles and of the database.
create or replace function backup.schema_fingerprint()
returns text
language sql
stable
set search_path = ''
as $$
  with schemas as materialized (
    select n.oid, n.nspname, n.nspowner, n.nspacl
    from pg_catalog.pg_namespace n
    where n.nspname in (select backup.included_schemas())
  ),
  relations as materialized (
    select c.* from pg_catalog.pg_class c where c.relnamespace in (select oid from schemas)
  ),
  facts(fact) as (
    select row('n', s.oid, s.nspname, s.nspowner, s.nspacl)::text from schemas s
    union all
    select row('c', c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl, c.relpersistence,
               c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispartition, c.reloptions,
               pg_catalog.pg_get_expr(c.relpartbound, c.oid))::text
    from relations c
    union all
    select row('a', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef,
               a.attgenerated, a.attidentity, a.attisdropped, a.attcollation, a.attacl, a.attoptions)::text
    from pg_catalog.pg_attribute a join relations c on c.oid = a.attrelid where a.attnum > 0
    union all
    select row('d', d.oid, d.xmin)::text from pg_catalog.pg_attrdef d join relations c on c.oid = d.adrelid
    union all
    select row('k', k.oid, k.xmin)::text from pg_catalog.pg_constraint k where k.connamespace in (select oid from schemas)
    union all
    select row('i', i.indexrelid, i.indkey, i.indisvalid, i.indisready, i.indisunique)::text
    from pg_catalog.pg_index i join relations c on c.oid = i.indexrelid
    union all
    select row('t', t.oid, t.xmin)::text from pg_catalog.pg_trigger t join relations c on c.oid = t.tgrelid
    union all
    select row('r', r.oid, r.xmin)::text from pg_catalog.pg_rewrite r join relations c on c.oid = r.ev_class
    union all
    select row('p', p.oid, p.xmin)::text from pg_catalog.pg_policy p join relations c on c.oid = p.polrelid
    union all
    select row('f', p.oid, p.xmin)::text from pg_catalog.pg_proc p where p.pronamespace in (select oid from schemas)
    union all
    select row('y', t.oid, t.xmin)::text from pg_catalog.pg_type t where t.typnamespace in (select oid from schemas)
    union all
    select row('e', e.oid, e.xmin)::text
    from pg_catalog.pg_enum e join pg_catalog.pg_type t on t.oid = e.enumtypid where t.typnamespace in (select oid from schemas)
    union all
    select row('x', x.oid, x.extname, x.extversion)::text from pg_catalog.pg_extension x
  )
  select pg_catalog.md5(pg_catalog.string_agg(fact, E'\\n' order by fact collate "C")) from facts
$$;

comment on function backup.schema_fingerprint() is
  'Hash of the catalog of all included schemas, to notice DDL during an export. Not comparable between databases.';
revoke all on function backup.schema_fingerprint() from public;

-- sql/functions/sequence_values.sql
-- requires: functions/included_schemas.sql
-- backup.sequence_values()
--
-- Why: sequences are not transactional. They are read last, so that a restored nextval() is never behind the data; and when the run
-- is planned, because TRUNCATE … RESTART IDENTITY sets them back. Locks: ACCESS SHARE on each sequence while it is read.
-- Errors: HF305 a sequence cannot be read.
create or replace function backup.sequence_values()
returns table (schema_name text, sequence_name text, last_value bigint, is_called boolean)
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_schema   oid;
  v_sequence oid;
begin
  for schema_name, sequence_name, v_schema, v_sequence in
    select n.nspname, c.relname, n.oid, c.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname in (select backup.included_schemas())
    order by n.nspname, c.relname
  loop
    -- By object id: by name, the question itself is refused with 42501 where USAGE on the schema is missing.
    if not has_schema_privilege(v_schema, 'usage') then
      raise exception using errcode = 'HF305',
        message = format('sequence %I.%I cannot be read', schema_name, sequence_name),
        detail = format('Role %I has no USAGE privilege on the schema.', current_user),
        hint = format('Run grant usage on schema %I to %I, or add the schema to backup.settings.excluded_schemas.', schema_name, current_user);
    end if;
    if not has_sequence_privilege(v_sequence, 'select') then
      raise exception using errcode = 'HF305',
        message = format('sequence %I.%I cannot be read', schema_name, sequence_name),
        detail = format('Role %I has no SELECT privilege.', current_user),
        hint = format('Run grant select on sequence %I.%I to %I.', schema_name, sequence_name, current_user);
    end if;
    -- Rolled back, so that not one lock for each sequence is held to the end: ten thousand fill the server's lock table.
    begin
      execute format('select s.last_value, s.is_called from %I.%I s', schema_name, sequence_name) into last_value, is_called;
      raise exception using errcode = 'ZZ000', message = 'read';
    exception when sqlstate 'ZZ000' then null;
    end;
    return next;
  end loop;
end;
$$;

comment on function backup.sequence_values() is 'Position of every sequence of the included schemas now, as setval() takes it. Errors: HF305.';
revoke all on function backup.sequence_values() from public;

-- sql/functions/set_objective.sql
-- requires: tables/objectives.sql
-- backup.set_objective(p_name, p_target)
--
-- Why: as backup.set_policy(). A target that is not reached yet is no error: that is what a target is for.
-- Errors: HF810 no such objective, HF811 the target is refused.
create or replace function backup.set_objective(p_name text, p_target text)
returns interval
language plpgsql
set search_path = ''
as $$
declare
  v_target interval;
begin
  begin
    v_target := p_target::interval;
  exception when invalid_text_representation or invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
    null;
  end;
  if v_target is null or v_target <= interval '0' then
    raise exception using errcode = 'HF811', message = format('%L is no time above zero', p_target), hint = 'Give a target as ''4 hours'' or ''15 minutes''.';
  end if;
  update backup.objectives o set target = v_target where o.name = lower(p_name);
  if not found then
    raise exception using errcode = 'HF810', message = format('objective %L does not exist', p_name), hint = 'Objectives are rto and rpo.';
  end if;
  return v_target;
end
$$;

comment on function backup.set_objective(text, text) is 'Sets the target of a recovery objective, rto or rpo, as ''4 hours'', and returns it. Errors: HF810, HF811.';
revoke all on function backup.set_objective(text, text) from public;

-- sql/functions/set_policy.sql
-- requires: functions/install_schedules.sql, functions/policy_warnings.sql
-- backup.set_policy(p_name, p_changes)
--
-- Why: an update says which constraint it breaks; this says what to write instead, and brings pg_cron up to date in the same
-- transaction. Schedules are installed anew where there are some already, or when an S3 policy is turned on: changing the
-- retention of a disabled backup starts nothing.
-- Errors: HF810 no such policy, HF811 a value is refused.
create or replace function backup.set_policy(p_name text, p_changes jsonb)
returns setof text
language plpgsql
set search_path = ''
as $$
declare
  v_policy  backup.policies;
  v_unknown text := (select min(k) from jsonb_object_keys(p_changes) k where k not in ('retention', 'schedule', 'storage_class', 'enabled'));
  v_problem text;
  v_hint    text;
begin
  select * into v_policy from backup.policies p where p.name = p_name for update;
  if not found then
    raise exception using errcode = 'HF810', message = format('policy %L does not exist', p_name),
      hint = format('Policies are %s.', (select string_agg(p.name, ', ' order by p.name) from backup.policies p));
  end if;
  if v_unknown is not null then
    raise exception using errcode = 'HF811', message = format('%L cannot be changed', v_unknown),
      hint = 'What can be changed is retention, schedule, storage_class and enabled.';
  end if;

  begin
    v_policy.retention := coalesce((p_changes ->> 'retention')::interval, v_policy.retention);
    v_policy.enabled := coalesce((p_changes ->> 'enabled')::boolean, v_policy.enabled);
  exception when invalid_text_representation or invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
    raise exception using errcode = 'HF811', message = format('retention or enabled of policy %s is not readable: %s', p_name, sqlerrm),
      hint = 'Give a retention as ''30 days'' or ''1 year''.';
  end;
  v_policy.schedule := case when p_changes ? 'schedule' then p_changes ->> 'schedule' else v_policy.schedule end;
  v_policy.storage_class := case when p_changes ? 'storage_class' then upper(p_changes ->> 'storage_class') else v_policy.storage_class end;

  select p.problem, p.hint into v_problem, v_hint
  from (values
    (case when v_policy.retention <= interval '0' then format('a retention of %s keeps nothing', v_policy.retention) end,
     'Give a retention greater than zero, as ''30 days''.'),
    (case when v_policy.schedule is not null and v_policy.provider = 'supabase' then 'Supabase decides when it makes its backups' end,
     'Leave the schedule out: it belongs to the policies of S3 and Storage.'),
    (backup.cron_problem(v_policy.schedule),
     'Give five fields in UTC, as ''0 1 * * *'' for daily at 01:00, or ''30 seconds''. See https://crontab.guru.'),
    (case when v_policy.storage_class is not null and v_policy.provider <> 'aws_s3' then format('backups of %s have no storage class', v_policy.provider) end,
     'Leave the storage class out: it belongs to the policies of S3.'),
    (case when v_policy.storage_class not in ('STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE')
          then format('%L is no storage class', v_policy.storage_class) end,
     'Storage classes are STANDARD, STANDARD_IA, GLACIER_IR, GLACIER and DEEP_ARCHIVE.')
  ) as p(problem, hint)
  where p.problem is not null limit 1;
  if v_problem is not null then
    raise exception using errcode = 'HF811', message = v_problem, detail = format('Policy %s was not changed.', p_name), hint = v_hint;
  end if;

  update backup.policies p
  set retention = v_policy.retention, schedule = v_policy.schedule, storage_class = v_policy.storage_class, enabled = v_policy.enabled
  where p.name = p_name;
  if exists (select from backup.installed_schedules())
     or (v_policy.provider = 'aws_s3' and (p_changes ->> 'enabled')::boolean and to_regprocedure('cron.schedule(text,text,text)') is not null) then
    perform backup.install_schedules();
  end if;
  return query select w.message from backup.policy_warnings() w where w.policy_name = p_name;
end
$$;

comment on function backup.set_policy(text, jsonb) is
  'Changes a policy, as in set_policy(''primary'', ''{"retention": "7 days"}''), reinstalls the schedules and returns warnings. Keys: retention, schedule (null: none), storage_class, enabled. Errors: HF810, HF811.';
revoke all on function backup.set_policy(text, jsonb) from public;

-- sql/functions/settle_tables.sql
-- requires: tables/run_tables.sql, tables/chunks.sql, functions/fingerprint_of_sum.sql
-- backup.settle_tables(p_run_id)
--
-- Why: the totals of a table are the sums over its chunks. A table that was counted in the snapshot must have been copied
-- with exactly that many rows, and the chunks of every table must cover it from its first page to its end without gap or
-- overlap, which is all that speaks for a table that was not counted. Called before the manifest is written.
-- Errors: HF304 copied rows do not add up, or chunks do not.
create or replace function backup.settle_tables(p_run_id text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_wrong record;
  v_count integer;
begin
  -- Of a new run the planner expects one row, and would add up all chunks again for each table: 75 s with 540 of them.
  with totals as materialized (
    select t.schema_name, t.table_name, coalesce(sum(c.rows), 0)::bigint as rows, coalesce(sum(c.row_hash_sum), 0) as hash
    from backup.run_tables t
    left join backup.chunks c
      on (c.run_id, c.schema_name, c.table_name) = (t.run_id, t.schema_name, t.table_name) and c.state = 'done'
    where t.run_id = p_run_id and t.status <> 'excluded'
    group by t.schema_name, t.table_name
  )
  update backup.run_tables t
     set status = 'exported', rows = totals.rows, fingerprint = backup.fingerprint_of_sum(totals.hash)
    from totals
   where t.run_id = p_run_id and (t.schema_name, t.table_name) = (totals.schema_name, totals.table_name);
  get diagnostics v_count = row_count;

  select t.schema_name, t.table_name, t.planned_rows, t.rows into v_wrong
  from backup.run_tables t
  where t.run_id = p_run_id and t.status = 'exported' and t.planned_rows <> t.rows
  order by t.schema_name, t.table_name limit 1;
  if found then
    raise exception using errcode = 'HF304',
      message = format('table %I.%I was copied with %s rows', v_wrong.schema_name, v_wrong.table_name, v_wrong.rows),
      detail  = format('The snapshot holds %s.', v_wrong.planned_rows),
      hint    = 'Nothing was committed. Start another run; if it happens again, report it.';
  end if;

  select t.schema_name, t.table_name into v_wrong
  from backup.run_tables t
  left join lateral (
    select bool_and(case when r.place = 1 then r.first_tid = '(0,0)' else r.first_tid is not distinct from r.end_before end
                    and (r.end_tid is null) = (r.place = r.places)) as covered
    from (
      select c.first_tid, c.end_tid, lag(c.end_tid) over (order by c.first_tid) as end_before,
             row_number() over (order by c.first_tid) as place, count(*) over () as places
      from backup.chunks c
      where (c.run_id, c.schema_name, c.table_name) = (t.run_id, t.schema_name, t.table_name) and c.state = 'done'
    ) r
  ) one on true
  where t.run_id = p_run_id and t.status = 'exported' and not coalesce(one.covered, t.pages = 0)
  order by t.schema_name, t.table_name limit 1;
  if found then
    raise exception using errcode = 'HF304',
      message = format('the chunks of table %I.%I do not cover it exactly once', v_wrong.schema_name, v_wrong.table_name),
      hint    = 'Nothing was committed. Start another run; if it happens again, report it.';
  end if;
  return v_count;
end;
$$;

comment on function backup.settle_tables(text) is 'Computes rows and fingerprint of every table of a run from its chunks. Errors: HF304.';
revoke all on function backup.settle_tables(text) from public;

-- sql/functions/skip_drill.sql
-- requires: tables/drills.sql, functions/_held_drill_step.sql, functions/_drill_alert.sql, functions/_drill_phase_seconds.sql
-- backup.skip_drill(p_drill_id, p_step_no, p_claim_id, p_reason)
--
-- Why: a drill that functions are too small for says nothing about the backup. It is neither passed nor failed, and a person
-- has to hear that it did not take place. Only the worker that holds its step may say so: one that was presumed dead would
-- otherwise end the drill over the head of its successor.
-- Errors: HF522, HF523.
create or replace function backup.skip_drill(p_drill_id uuid, p_step_no integer, p_claim_id uuid, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_drill_step(p_drill_id, p_step_no, p_claim_id);
  update backup.drills d
     set state = 'complete', verdict = 'skipped', finished_at = clock_timestamp(),
         proof = jsonb_build_object('skipped', p_reason), phase_seconds = backup._drill_phase_seconds(d.drill_id)
   where d.drill_id = p_drill_id;
  perform backup._drill_alert(p_drill_id);
end;
$$;

comment on function backup.skip_drill(uuid, integer, uuid, text) is
  'Ends an active drill that cannot be carried out here, with the reason, and raises a warning. Errors: HF522, HF523.';
revoke all on function backup.skip_drill(uuid, integer, uuid, text) from public;

-- sql/functions/split_chunk.sql
-- requires: functions/held_chunks.sql, tables/run_tables.sql
-- backup.split_chunk(p_run_id, p_claim_id, p_chunk_no)
--
-- Why: a range can hold far more text than its pages suggest. It is halved by pages, and inside one page by row numbers,
-- until it is a single row. Returns false when it cannot be split further. An open end is taken to be where the table ends
-- at present: no row of the snapshot is behind it, and halving beyond it would go on for ever.
-- Locks: ACCESS SHARE on the table, for its size. Errors: HF003, HF004.
create or replace function backup.split_chunk(p_run_id text, p_claim_id uuid, p_chunk_no integer)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_chunk  backup.chunks;
  v_pages  bigint;
  v_first  bigint[];
  v_end    bigint[];
  v_middle tid;
  v_next   integer;
begin
  -- Before the lock on the run: this waits for a table that is being altered, and the other workers must not.
  v_pages := (select coalesce(pg_catalog.pg_relation_size(t.relid) / pg_catalog.current_setting('block_size')::integer, t.pages)
              from backup.chunks c join backup.run_tables t using (run_id, schema_name, table_name)
              where c.run_id = p_run_id and c.chunk_no = p_chunk_no and c.end_tid is null);
  -- New numbers come from max() + 1, so two splits of a run must not look at the same time.
  perform from backup.runs r where r.run_id = p_run_id for no key update;
  select h.* into v_chunk from backup.held_chunks(p_run_id, p_claim_id) h where h.chunk_no = p_chunk_no and h.kind = 'data';
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold data chunk %s', p_claim_id, p_chunk_no),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  v_first := ('{' || trim(both '()' from v_chunk.first_tid::text) || '}')::bigint[];
  v_end := case when v_chunk.end_tid is null then array[greatest(v_pages, v_first[1] + 1), 0]
                else ('{' || trim(both '()' from v_chunk.end_tid::text) || '}')::bigint[] end;

  if v_end[1] - v_first[1] >= 2 or (v_end[1] - v_first[1] = 1 and v_end[2] > 0) then
    v_middle := format('(%s,0)', v_first[1] + greatest(1, (v_end[1] - v_first[1]) / 2))::tid;
  else
    -- One page: row numbers start at 1 and an 8 kB page has fewer than 292 of them.
    v_end[2] := case when v_end[1] > v_first[1] then 292 else v_end[2] end;
    v_first[2] := greatest(v_first[2], 1);
    if v_end[2] - v_first[2] < 2 then
      return false;
    end if;
    v_middle := format('(%s,%s)', v_first[1], v_first[2] + (v_end[2] - v_first[2]) / 2)::tid;
  end if;

  v_next := (select max(c.chunk_no) + 1 from backup.chunks c where c.run_id = p_run_id);
  update backup.chunks c set state = 'replaced', claim_id = null, lease_until = null
   where c.run_id = p_run_id and c.chunk_no = p_chunk_no;
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes) values
    (p_run_id, v_next,     'data', v_chunk.schema_name, v_chunk.table_name, v_chunk.first_tid, v_middle, v_chunk.estimated_bytes / 2),
    (p_run_id, v_next + 1, 'data', v_chunk.schema_name, v_chunk.table_name, v_middle, v_chunk.end_tid,   v_chunk.estimated_bytes / 2);
  return true;
end;
$$;

comment on function backup.split_chunk(text, uuid, integer) is
  'Replaces a claimed data chunk by two halves; false when it is down to one row, also with an open end. Errors: HF003, HF004.';
revoke all on function backup.split_chunk(text, uuid, integer) from public;

-- sql/functions/start_run.sql
-- requires: tables/runs.sql, tables/chunks.sql, tables/settings.sql, functions/schedule_keeper.sql, functions/end_stuck_runs.sql
-- backup.start_run(p_trigger, p_engine, p_tier, p_object_root)
--
-- Why: the one way a run comes into being, whoever asks. The unique index on active runs makes a second one impossible,
-- also when two callers arrive in the same instant.
-- The tier follows the calendar of good runs unless given: first of the month, first of the week, else daily.
-- Errors: HF002 another run is active.
create or replace function backup.start_run(
  p_trigger     text,
  p_engine      text default 'functions',
  p_tier        backup.tier default null,
  p_object_root text default 'holdfast'
)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_now     timestamptz := clock_timestamp();
  v_run_id  text := to_char(v_now at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z-"')
                    || substr(replace(gen_random_uuid()::text, '-', ''), 1, 6);
  v_project text := (select s.project_ref from backup.settings s);
  v_active  text;
  v_tier    backup.tier := p_tier;
begin
  -- A run whose keeper died must not block the next one until somebody notices.
  perform backup.end_stuck_runs();
  if v_tier is null then
    select case
        when count(*) filter (where r.snapshot_at >= date_trunc('month', v_now, 'UTC')) = 0 then 'monthly'
        when count(*) filter (where r.snapshot_at >= date_trunc('week', v_now, 'UTC')) = 0 then 'weekly'
        else 'daily' end::backup.tier
      into v_tier
    from backup.runs r where r.state in ('complete', 'expired');
  end if;

  begin
    insert into backup.runs (run_id, tier, trigger, engine, object_prefix)
    values (v_run_id, v_tier, p_trigger, p_engine,
            concat_ws('/', nullif(trim(both '/' from p_object_root), ''), v_project, 'runs', v_run_id) || '/');
  exception when unique_violation then
    select r.run_id into v_active from backup.runs r where r.state in ('starting', 'exporting');
    raise exception using
      errcode = 'HF002',
      message = format('run %s is still active', coalesce(v_active, '(just ended)')),
      hint    = 'Wait for it, or end it with select backup.cancel_run(''<run id>'').';
  end;

  insert into backup.chunks (run_id, chunk_no, kind) values (v_run_id, 1, 'plan');
  if p_engine = 'functions' then
    perform backup.schedule_keeper(v_run_id);
  end if;
  return v_run_id;
end;
$$;

comment on function backup.start_run(text, text, backup.tier, text) is
  'Starts a run and returns its id. With engine "functions" a pg_cron job is scheduled that holds the snapshot. Errors: HF002.';
revoke all on function backup.start_run(text, text, backup.tier, text) from public;

-- sql/functions/start_verification.sql
-- backup.start_verification(trigger)
--
-- Why: fixes at one moment which restore point is examined and which checks must answer, so that a check that never
-- reports is missed rather than forgotten.
create or replace function backup.start_verification(p_trigger text)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_verification_id uuid;
begin
  insert into backup.verifications (run_id, trigger)
  values (
    (select r.run_id from backup.runs r where r.state = 'complete' order by r.snapshot_at desc nulls last, r.run_id desc limit 1),
    p_trigger)
  returning verification_id into v_verification_id;

  insert into backup.verification_checks (verification_id, check_name)
  select v_verification_id, c.check_name
  from backup.verification_check_names() as c (check_name);

  return v_verification_id;
end
$$;

comment on function backup.start_verification(text) is
  'Opens a verification of the newest restore point with every check pending and returns its id. Trigger: schedule, http, cli or sql.';
revoke all on function backup.start_verification(text) from public;

-- sql/functions/strategy_costs.sql
-- requires: tables/prices.sql, tables/settings.sql, views/restore_points.sql, functions/wanted_schedules.sql, functions/next_runs.sql
-- backup.strategy_costs()
--
-- Why: what a strategy costs in a month once it has run long enough that as much expires as is added. An estimate: every
-- run is taken to be as large as the newest of its tier, and prices are those of backup.prices.
-- Tiers: the first export of a month is monthly, of a week weekly. Where there are fewer exports than weeks, none is daily.
create or replace function backup.strategy_costs()
returns table (item text, storage_class text, runs numeric, bytes numeric, usd_per_month numeric, basis text)
language sql
stable
set search_path = ''
as $$
  with rate as (
    select coalesce(sum(59 / nullif(extract(epoch from t.last_at - t.first_at) / 86400, 0)), 0) as per_day
    from backup.wanted_schedules() w
    cross join lateral (select min(n) as first_at, max(n) as last_at from backup.next_runs(w.schedule, 60) n) t
    where w.job_name like 'holdfast-export%'
  ), newest as (
    select distinct on (p.tier) p.tier, p.run_id, p.stored_bytes from backup.restore_points p order by p.tier, p.snapshot_at desc
  ), any_tier as (
    select p.run_id, p.stored_bytes from backup.restore_points p order by p.snapshot_at desc limit 1
  ), monthly as (
    select least(r.per_day, 12 / 365.25) as per_day from rate r
  ), weekly as (
    select least(r.per_day, 1 / 7.0) - m.per_day * least(1, 1 / 7.0 / nullif(r.per_day, 0)) as per_day from rate r, monthly m
  ), tiers as (
    select 'monthly'::backup.tier as tier, m.per_day from monthly m
    union all select 'weekly', w.per_day from weekly w
    union all select 'daily', r.per_day - m.per_day - w.per_day from rate r, monthly m, weekly w
  ), stored as (
    select t.tier, c.storage_class, t.per_day * c.days as runs, t.per_day * c.days * coalesce(n.stored_bytes, a.stored_bytes) as bytes,
           coalesce(n.run_id, a.run_id) as run_id, pr.usd_per_gb, pr.usd_per_gb_retrieved, pr.thaw
    from tiers t
    cross join any_tier a
    left join newest n on n.tier = t.tier
    cross join lateral (
      select coalesce(p.storage_class, 'STANDARD') as storage_class, extract(epoch from p.retention) / 86400 as days
      from backup.policies p where p.provider = 'aws_s3' and p.tier = t.tier order by p.retention desc limit 1) c
    join backup.prices pr on pr.item = c.storage_class
    where t.per_day > 0.0001
  ), moved as (
    select 1 as position, 'exports' as item, null::text as storage_class, r.per_day * 30.4375 as runs, r.per_day * 30.4375 * a.stored_bytes as bytes,
           pr.usd_per_gb as price, 'leave Supabase on their way to the bucket' as basis
    from rate r cross join any_tier a join backup.prices pr on pr.item = 'egress_supabase'
    union all
    select 2, 'verifications', null, null, sum(st.bytes) / s.object_sample_share * 30.4375 / 7,
           pr.usd_per_gb + sum(st.bytes * st.usd_per_gb_retrieved) / nullif(sum(st.bytes), 0),
           format('read 1 object in %s of every restore point that needs no thaw, weekly', s.object_sample_share)
    from stored st cross join backup.settings s join backup.prices pr on pr.item = 'egress_s3'
    where st.thaw is null
    group by s.object_sample_share, pr.usd_per_gb
    union all
    select 3, 'drills', null, 1, a.stored_bytes, pr.usd_per_gb, 'read one restore point a month'
    from any_tier a join backup.prices pr on pr.item = 'egress_s3'
  )
  select c.item, c.storage_class, round(c.runs::numeric, 1), round(c.bytes::numeric), round(c.usd::numeric, 4), c.basis
  from (
    select 0 as position, s.tier, s.tier::text as item, s.storage_class, s.runs, s.bytes, s.bytes / 1e9 * s.usd_per_gb as usd,
           format('kept at steady state, each as large as %s', s.run_id) as basis
    from stored s
    union all
    select m.position, null, m.item, m.storage_class, m.runs, m.bytes, m.bytes / 1e9 * m.price, m.basis from moved m
  ) as c
  where (select r.per_day from rate r) > 0
  order by c.position, c.tier
$$;

comment on function backup.strategy_costs() is
  'Estimated cost per month of the exports that are on, at steady state: storage per tier, then what exports, verifications and drills move. No rows while no S3 policy is on or no export has completed.';
revoke all on function backup.strategy_costs() from public;

-- sql/views/recovery_objectives.sql
-- requires: tables/objectives.sql, tables/drills.sql, views/restore_points.sql
-- The extrapolation takes each passed drill, scales what grows with the data to the size of the newest restore point, and
-- leaves what does not (creating the schema, waiting for functions) as it was measured. Old drills measured another
-- server, so a year is enough.
create or replace view backup.recovery_objectives with (security_invoker = true) as
with proven as (
  -- Only runs of passed drills can be verified; as an array, so that the view looks at no other.
  select p.run_id, p.age from backup.restore_points p
  where p.verified and p.run_id = any (array(select d.run_id from backup.drills d where d.verdict = 'passed'))
  order by p.snapshot_at desc limit 1
), newest as (
  select p.run_id, p.age, p.raw_bytes from backup.restore_points p
  where p.run_id = (select r.run_id from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1)
), passed as (
  select d.drill_id, d.engine, d.phase_seconds, d.raw_bytes, extract(epoch from d.finished_at - d.started_at) as seconds,
         (select coalesce(sum(s.value::text::numeric), 0) from jsonb_each(d.phase_seconds) s
          where s.key in ('data', 'schema_after', 'analyze', 'prove')) as growing
  from backup.drills d
  where d.verdict = 'passed' and d.started_at > now() - interval '1 year'
), timed as (
  select count(*) as drills, count(*) filter (where p.engine = 'functions') as by_functions,
         make_interval(secs => percentile_cont(0.95) within group (order by p.seconds)) as p95,
         make_interval(secs => percentile_cont(0.95) within group (
           order by p.seconds + p.growing * (n.raw_bytes::numeric / nullif(p.raw_bytes, 0) - 1))) as at_current_size,
         count(*) filter (where p.raw_bytes > 0 and n.raw_bytes is not null) as sized,
         min(p.raw_bytes) as least, max(p.raw_bytes) as most
  from passed p left join newest n on true
), phases as (
  select jsonb_object_agg(q.phase, q.p95) as seconds
  from (select s.key as phase, round(percentile_cont(0.95) within group (order by s.value::text::numeric)::numeric, 3) as p95
        from passed p cross join lateral jsonb_each(p.phase_seconds) s group by s.key) q
), measured as (
  select 'rpo' as name, (select p.age from proven p) as measured,
    case
      when exists (select from proven) then (select format('age of the newest verified restore point, %s', p.run_id) from proven p)
      when exists (select from newest) then (select format('no restore point is verified by a drill; the newest unverified one is %s', n.run_id) from newest n)
      else 'there is no restore point'
    end as basis, null::jsonb as phases, null::interval as extrapolated, null::text as extrapolated_basis
  union all
  select 'rto', t.p95,
    case when t.drills > 0 then format('95th percentile of %s passed drill(s) of the last year, %s by functions, start to proof', t.drills, t.by_functions)
         else 'no drill has passed yet' end,
    coalesce(p.seconds, '{}'),
    case when t.sized > 0 then t.at_current_size end,
    case when t.sized = 0 then null
         else format('95th percentile of %s drill(s) of %s to %s; data, schema_after, analyze and prove scaled to the %s of %s, the rest as measured',
                     t.sized, pg_size_pretty(t.least), pg_size_pretty(t.most), pg_size_pretty(n.raw_bytes), n.run_id) end
  from timed t cross join phases p left join newest n on true
)
select
  o.name,
  o.target,
  m.measured,
  m.measured <= o.target as met,
  m.basis,
  (select n.age from newest n where o.name = 'rpo') as unverified,
  o.description,
  m.phases,
  m.extrapolated,
  m.extrapolated_basis
from backup.objectives o
join measured m using (name)
order by o.name;

grant select on backup.recovery_objectives to service_role;
comment on view backup.recovery_objectives is 'Recovery objectives beside what was measured. Only what a drill has proven counts.';
comment on column backup.recovery_objectives.name is 'rpo: data that may be lost. rto: time until the database works again.';
comment on column backup.recovery_objectives.measured is 'Null: never measured, see basis.';
comment on column backup.recovery_objectives.met is 'Null when it was never measured; that is not yes.';
comment on column backup.recovery_objectives.unverified is 'Age of the newest restore point, verified or not. What would be lost if it restores.';
comment on column backup.recovery_objectives.phases is 'Of rto: 95th percentile of the seconds of each phase of a restore.';
comment on column backup.recovery_objectives.extrapolated is 'Of rto: expected time for the newest restore point, from the sizes and phases of the drills. An estimate; see extrapolated_basis.';
comment on column backup.recovery_objectives.target is 'What backup.objectives asks for; change it with backup.set_objective().';
comment on column backup.recovery_objectives.basis is 'What the measure rests on, or why there is none.';
comment on column backup.recovery_objectives.description is 'What the objective means, in words.';
comment on column backup.recovery_objectives.extrapolated_basis is 'What the expected time rests on.';

-- sql/functions/strategy_gaps.sql
-- requires: tables/policies.sql, tables/settings.sql, tables/critical_tables.sql, tables/sample_queries.sql, views/restore_points.sql, views/recovery_objectives.sql
-- requires: functions/wanted_schedules.sql, functions/installed_schedules.sql, functions/check_primary_backups.sql, functions/_duration_words.sql
-- backup.strategy_gaps()
--
-- Why: what a strategy says and what is set up are two things; this is the difference, each with what to do about it.
create or replace function backup.strategy_gaps()
returns setof text
language sql
stable
set search_path = ''
as $$
  with secondary as (
    select coalesce(bool_or(p.enabled), false) as enabled from backup.policies p where p.provider = 'aws_s3'
  ), missing as (
    select string_agg(w.job_name, ', ' order by w.job_name) as jobs
    from backup.wanted_schedules() w
    left join backup.installed_schedules() i on i.job_name = w.job_name and i.schedule = w.schedule
    where i.job_name is null and not (select s.external_clock from backup.settings s)
  )
  select 'Exports to S3 are off. Turn them on with \`select * from backup.enable();\`' from secondary s where not s.enabled
  union all
  select 'No export has completed yet, so there is nothing to restore from.' from secondary s where s.enabled and not exists (select from backup.restore_points)
  union all
  select format('pg_cron does not have: %s. Install with \`select * from backup.install_schedules();\`', m.jobs) from missing m where m.jobs is not null
  union all
  select case c.verdict
           when 'failed' then format('\`%s\`, made by Supabase: %s.', c.subject, c.actual)
           else format('\`%s\`, made by Supabase, is not checked: %s. Set \`SUPABASE_ACCESS_TOKEN\` for the command, or the secret \`HOLDFAST_ACCESS_TOKEN\` for the functions.', c.subject, c.actual) end
  from backup.check_primary_backups() c
  where c.verdict in ('failed', 'inconclusive') or (c.verdict = 'skipped' and c.actual like 'no access token%')
  union all
  select format('\`%s\`, made by Supabase, reaches back %s of the %s days of the policy: the project is young, or its plan keeps less. Then \`holdfast policies set %s --retention "%s days"\`.',
    c.subject, c.evidence ->> 'reaches_back_days', (c.evidence ->> 'policy_days')::numeric::integer, c.subject, ceil((c.evidence ->> 'reaches_back_days')::numeric))
  from backup.check_primary_backups() c
  where c.verdict = 'passed' and (c.evidence ->> 'reaches_back_days')::numeric + 1.5 < (c.evidence ->> 'policy_days')::numeric
  union all
  select 'Files in Supabase Storage are not part of the strategy: policy \`storage\` is off.' from backup.policies p where p.provider = 'supabase_storage' and not p.enabled
  union all
  select format('The %s is not measured: %s.', upper(o.name), o.basis) from backup.recovery_objectives o where o.measured is null
  union all
  select format('The %s target of %s is missed: %s.', upper(o.name), backup._duration_words(o.target), backup._duration_words(o.measured)) from backup.recovery_objectives o where not o.met
  union all
  select 'No table is named in \`backup.critical_tables\`, so a check cannot tell lost data from no data.' where not exists (select from backup.critical_tables)
$$;

comment on function backup.strategy_gaps() is 'What the strategy asks for and is not set up, checked or reached, one sentence of Markdown each, with what to do.';
revoke all on function backup.strategy_gaps() from public;

-- sql/functions/strategy_report.sql
-- requires: functions/strategy_costs.sql, functions/strategy_gaps.sql, functions/policy_warnings.sql, functions/policy_next_runs.sql, functions/_markdown_table.sql
-- backup.strategy_report()
--
-- Why: the strategy as a page for people, written where the strategy is, so that Studio, the command and the functions tell
-- the same. Holds names and times, never rows or secrets.
create or replace function backup.strategy_report()
returns text
language sql
stable
set search_path = ''
as $$
  with checked as (
    select c.subject, c.verdict, c.actual from backup.check_primary_backups() c
  ), policies as (
    select backup._markdown_table('{Backup,Made by,"Schedule (UTC)",Kept,Storage class,State,"Next run (UTC)"}', jsonb_agg(jsonb_build_array(
      p.name, p.provider,
      case when p.schedule is not null then format('%s, %s', p.frequency, p.schedule)
           when p.provider = 'aws_s3' then format('%s, first export of it', p.frequency) else p.frequency end,
      backup._duration_words(p.retention), p.storage_class,
      case when not p.enabled then 'off'
           when p.provider = 'supabase' then (select format('%s: %s', c.verdict, c.actual) from checked c where c.subject = p.name)
           when p.provider = 'aws_s3' then coalesce((select format('on; newest %s', to_char(max(r.snapshot_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
             from backup.restore_points r where r.tier = p.tier having count(*) > 0), 'on; none yet')
           else 'on' end,
      to_char(n.next_run_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')) order by p.provider desc, p.retention, p.name)) as text
    from backup.policies p left join backup.policy_next_runs() n on n.policy_name = p.name
  ), objectives as (
    select backup._markdown_table('{Objective,Target,Measured,Met,Basis}', jsonb_agg(jsonb_build_array(
      upper(o.name), backup._duration_words(o.target), coalesce(backup._duration_words(o.measured), 'not measured'),
      case o.met when true then 'yes' when false then 'no' else 'unknown' end, o.basis) order by o.name)) as text
    from backup.recovery_objectives o
  ), schedules as (
    select backup._markdown_table('{Job of pg_cron,"Schedule (UTC)",Installed,"Next run (UTC)"}', jsonb_agg(jsonb_build_array(
      w.job_name, w.schedule, case when i.job_name is null then 'no' when i.schedule <> w.schedule then 'no: ' || i.schedule else 'yes' end,
      to_char(backup.next_run(w.schedule) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')) order by w.job_name)) as text
    from backup.wanted_schedules() w left join backup.installed_schedules() i on i.job_name = w.job_name
  ), costs as (
    select backup._markdown_table('{What,Storage class,Runs,Bytes,"USD a month",Basis}',
             jsonb_agg(jsonb_build_array(c.item, c.storage_class, c.runs::text, pg_size_pretty(c.bytes), to_char(c.usd_per_month, 'FM999999990.0000'), c.basis) order by c.position)
             || jsonb_build_array(jsonb_build_array('total', '', '', '', to_char(sum(c.usd_per_month), 'FM999999990.0000'), ''))) as text
    from backup.strategy_costs() with ordinality as c (item, storage_class, runs, bytes, usd_per_month, basis, position)
    having count(*) > 0
  )
  select concat_ws(E'\\n\\n',
    '# Backup strategy',
    format('Of project %s, as of %s UTC.', s.project_ref, to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI')),
    (select p.text from policies p),
    '## Recovery objectives', (select o.text from objectives o),
    '## Schedules', (select j.text from schedules j),
    (select E'## Not configured, not checked or not reached\\n\\n' || string_agg('- ' || g, E'\\n') from backup.strategy_gaps() g having count(*) > 0),
    (select E'## Warnings\\n\\n' || string_agg(format('- \`%s\`: %s.', w.policy_name, w.message), E'\\n') from backup.policy_warnings() w having count(*) > 0),
    '## Cost estimate',
    coalesce((select c.text from costs c) || E'\\n\\n' || (
        select format('An estimate, not a bill: sizes are those of the newest runs, prices are list prices of AWS us-east-1 as of %s, without requests, taxes, free quotas and discounts. They stand in \`backup.prices\`; edit them to what you pay.', min(p.as_of))
        from backup.prices p),
      'There is nothing to estimate from: it takes an S3 policy that is on and one completed export.')) || E'\\n'
  from backup.settings s
$$;

comment on function backup.strategy_report() is
  'The backup strategy as Markdown: backups with their state and next run, objectives, schedules, what is not configured, warnings, and an estimate of the cost.';
revoke all on function backup.strategy_report() from public;

-- sql/functions/table_fingerprint.sql
-- requires: functions/fingerprint_expression.sql, functions/fingerprint_of_sum.sql
-- backup.table_fingerprint(p_table)
--
-- Why: lets a person compare a live table with a backup by hand, from whatever session: the settings that change how
-- values look as text are those of the workers that made the backup.
-- Locks: ACCESS SHARE on the table. Reads every row.
create or replace function backup.table_fingerprint(p_table regclass, out rows bigint, out fingerprint text)
language plpgsql
stable
set search_path = ''
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, MDY'
set intervalstyle = 'postgres'
set extra_float_digits = 1
set bytea_output = 'hex'
set lc_monetary = 'C'
set xmlbinary = 'base64'
as $$
declare
  v_sum numeric;
begin
  execute format('select count(*), coalesce(sum(%s), 0) from only %s t',
                 backup.fingerprint_expression(p_table), p_table)
    into rows, v_sum;
  fingerprint := backup.fingerprint_of_sum(v_sum);
end;
$$;

comment on function backup.table_fingerprint(regclass) is
  'Row count and content hash of a table now, comparable with backup.run_tables. Children and partitions are not included.';
revoke all on function backup.table_fingerprint(regclass) from public;

-- sql/functions/table_stats.sql
-- backup.table_stats(exact, schema, table)
--
-- Why: size and growth per table in one place, beside what the newest complete run held. Estimates come from the
-- planner's statistics and cost nothing; p_exact counts every row, one scan per table. A table that cannot be read, or
-- of which a policy would hide rows, keeps null in exact_rows and rows_since_run: no number is better than a wrong one.
-- The estimate is null where a table was never analyzed. A partitioned table has no rows of its own; its partitions are listed.
-- Locks: ACCESS SHARE on each table until the transaction ends; waits at most 10 s for it.
create or replace function backup.table_stats(
  p_exact  boolean default false,
  p_schema text default null,
  p_table  text default null
)
returns table (
  schema_name text, table_name text, estimated_rows bigint, exact_rows bigint, total_bytes bigint, heap_bytes bigint,
  toast_bytes bigint, index_bytes bigint, dead_rows bigint, last_analyzed_at timestamptz, rows_at_run bigint, rows_since_run bigint)
language plpgsql
stable
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_table record;
begin
  for v_table in
    select t.relation, t.schema_name, t.table_name, t.relid, nullif(c.reltuples, -1)::bigint as estimated_rows,
           coalesce(pg_catalog.pg_table_size(nullif(c.reltoastrelid, 0)), 0) as toast_bytes,
           s.n_dead_tup, greatest(s.last_analyze, s.last_autoanalyze) as last_analyzed_at, b.rows
    from backup._checked_tables(p_schema, p_table) t
    join pg_catalog.pg_class c on c.oid = t.relid
    left join pg_catalog.pg_stat_all_tables s on s.relid = t.relid
    left join backup.run_tables b
      on b.schema_name = t.schema_name and b.table_name = t.table_name and b.status = 'exported'
     and b.run_id = (select r.run_id from backup.runs r where r.state = 'complete'
                     order by r.snapshot_at desc nulls last, r.run_id desc limit 1)
    where t.relkind = 'r'
    order by t.schema_name, t.table_name
  loop
    schema_name := v_table.schema_name;
    table_name := v_table.table_name;
    estimated_rows := v_table.estimated_rows;
    toast_bytes := v_table.toast_bytes;
    total_bytes := pg_catalog.pg_total_relation_size(v_table.relid);
    heap_bytes := pg_catalog.pg_table_size(v_table.relid) - toast_bytes;
    index_bytes := pg_catalog.pg_indexes_size(v_table.relid);
    dead_rows := v_table.n_dead_tup;
    last_analyzed_at := v_table.last_analyzed_at;
    rows_at_run := v_table.rows;
    exact_rows := null;
    if p_exact then
      begin
        execute format('select count(*) from %s', v_table.relation) into exact_rows;
      exception when insufficient_privilege or lock_not_available or undefined_table then
        exact_rows := null;
      end;
    end if;
    rows_since_run := case when p_exact then exact_rows else estimated_rows end - rows_at_run;
    return next;
  end loop;
end
$$;

comment on function backup.table_stats(boolean, text, text) is
  'Rows (estimated, on request exact), sizes, dead rows and last analyze per table, beside the newest complete run. Arguments: count exactly, and a schema and a table to narrow it to.';
revoke all on function backup.table_stats(boolean, text, text) from public;

-- sql/functions/take_over_bucket.sql
-- requires: tables/settings.sql, tables/runs.sql, functions/resolve_alert.sql
-- backup.take_over_bucket(p_ref)
--
-- Why: says that this project deletes from now on. A project that was moved keeps backup.settings.project_ref, and with it the folder
-- and all runs. A copy beside its source is given a project_ref of its own first: the runs of other folders are then the source's, and
-- the ledger counts them as gone, so that nothing here ever deletes them. Their objects stay.
-- p_ref: reference of the hosted project; null on a server of one's own, whose folder must not be named as a hosted project.
-- Returns how many runs were given up. Errors: HF100.
create or replace function backup.take_over_bucket(p_ref text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_project text := (select s.project_ref from backup.settings s);
  v_given   integer;
begin
  if p_ref !~ '^[a-z]{20}$' then
    raise exception using errcode = 'HF100', message = 'that is not the reference of a hosted project',
      hint = 'It is the part before .supabase.co in the address of the project: twenty lower-case letters.';
  end if;
  if p_ref is null and v_project ~ '^[a-z]{20}$' then
    raise exception using errcode = 'HF100', message = format('folder %s is that of a hosted project', v_project),
      hint = 'Give this database a folder of its own: update backup.settings set project_ref = ''<name>'' where id; then call this again.';
  end if;
  update backup.runs r
     set state = case r.state when 'complete' then 'expired' else r.state end, objects_deleted_at = now()
   where r.state in ('complete', 'failed', 'expired') and r.objects_deleted_at is null
     and right('/' || r.object_prefix, length(v_project || r.run_id) + 8) <> format('/%s/runs/%s/', v_project, r.run_id);
  get diagnostics v_given = row_count;
  delete from backup.retention_marks m using backup.runs r
   where r.run_id = m.run_id and m.swept_at is null and r.objects_deleted_at is not null;
  update backup.settings set bucket_owner = p_ref where id;
  perform backup.resolve_alert('bucket_of_another');
  return v_given;
end;
$$;

comment on function backup.take_over_bucket(text) is
  'Makes the hosted project of this reference the one whose retention deletes in the bucket. Runs outside of the folder backup.settings.project_ref are given up: they stay in the bucket. Returns how many. Errors: HF100.';
revoke all on function backup.take_over_bucket(text) from public;

-- sql/functions/verification_check_names.sql
-- backup.verification_check_names()
--
-- Why: the one list of what a verification consists of, in the order it runs. Cheap checks come first, so that a
-- function that is cut short has answered most of them. Nothing outside this list can be run by name.
create or replace function backup.verification_check_names()
returns setof text
language sql
immutable
set search_path = ''
as $$
  select c.check_name
  from unnest(array[
    'check_drill_age',
    'check_primary_backups',
    'check_sequences',
    'check_row_security',
    'check_critical_data',
    'run_sample_queries',
    'check_key_escrow',
    'check_backup_objects',
    'check_row_counts',
    'check_indexes',
    'check_constraints',
    'check_foreign_keys',
    'run_tests'
  ]) with ordinality as c (check_name, position)
  order by c.position
$$;

comment on function backup.verification_check_names() is
  'Checks of a verification in the order they run. check_backup_objects reads the bucket and runs in the verify-backup function; the others are SQL functions of the same name.';
revoke all on function backup.verification_check_names() from public;

-- sql/functions/verification_report.sql
-- requires: tables/verifications.sql
-- backup.verification_report(verification id)
--
-- Why: somebody in Studio wants to read what the functions and the command print. The text is written once, when the last
-- answer arrived, so that every reader sees the same. Errors: HF006 there is no such verification, or none has finished.
create or replace function backup.verification_report(p_verification_id uuid default null)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_found backup.verifications;
begin
  select * into v_found
  from backup.verifications v
  where case when p_verification_id is null then v.verdict is not null else v.verification_id = p_verification_id end
  order by v.started_at desc, v.verification_id
  limit 1;
  if not found then
    raise exception using errcode = 'HF006',
      message = case when p_verification_id is null then 'no verification has finished yet' else format('verification %s does not exist', p_verification_id) end,
      hint = 'Start one with the function verify-backup or with holdfast verify.';
  end if;
  return coalesce(v_found.report, case
    when v_found.verdict is null then format('Verification %s is still running.', v_found.verification_id)
    else format(E'Verification %s ended: %s. Its report is not written yet; the answers are in backup.verification_results.', v_found.verification_id, v_found.verdict)
  end);
end
$$;

comment on function backup.verification_report(uuid) is
  'The report of a verification as Markdown, by default of the newest finished one. Errors: HF006.';
revoke all on function backup.verification_report(uuid) from public;

-- sql/functions/version.sql
-- backup.version()
--
-- Why: functions are deployed and migrations are pushed by different commands, so the two can be of different versions; what
-- compares them has to be told by the database itself. Raised with package.json.
create or replace function backup.version()
returns text
language sql
immutable
set search_path = ''
as $$ select '0.1.0' $$;

comment on function backup.version() is 'Version of Holdfast whose migrations this database has.';
revoke all on function backup.version() from public;

-- sql/views/latest_verification.sql
-- requires: tables/verifications.sql, tables/verification_results.sql, tables/verification_checks.sql
create or replace view backup.latest_verification with (security_invoker = true) as
with latest as (
  select * from backup.verifications v order by v.started_at desc, v.verification_id desc limit 1
)
select
  l.verification_id,
  l.run_id,
  l.started_at,
  l.finished_at,
  l.verdict as verification_verdict,
  c.check_name,
  c.state,
  r.subject,
  r.verdict,
  r.expected,
  r.actual,
  r.evidence,
  r.duration_ms
from latest l
join backup.verification_checks c using (verification_id)
left join backup.verification_results r using (verification_id, check_name)
order by array_position(array['failed', 'inconclusive', 'skipped', 'passed']::backup.verdict[], r.verdict) nulls first,
         c.check_name, r.result_no;

grant select on backup.latest_verification to service_role;
comment on view backup.latest_verification is 'Every answer of the newest verification, what needs attention first.';
comment on column backup.latest_verification.verification_verdict is 'Verdict of the whole verification; null while a check is still open.';
comment on column backup.latest_verification.state is 'State of the check: pending, running, background (a pg_cron job works on it) or done.';
comment on column backup.latest_verification.verdict is 'Answer of this check about this subject; null while it is open.';
comment on column backup.latest_verification.duration_ms is 'Time of the whole check, in milliseconds.';
comment on column backup.latest_verification.verification_id is 'Its rows in backup.verifications and backup.verification_results.';
comment on column backup.latest_verification.run_id is 'The restore point whose objects were checked; null when there was none.';
comment on column backup.latest_verification.started_at is 'When the verification began.';
comment on column backup.latest_verification.finished_at is 'When its last answer arrived; null while a check is open.';
comment on column backup.latest_verification.check_name is 'The check, as backup.verification_check_names() lists it.';
comment on column backup.latest_verification.subject is 'What was looked at: a table, an index, an object of the bucket.';
comment on column backup.latest_verification.expected is 'What passing would have meant.';
comment on column backup.latest_verification.actual is 'What was found.';
comment on column backup.latest_verification.evidence is 'What was read to reach the verdict. Never the contents of rows.';

-- sql/views/status.sql
-- requires: tables/chunks.sql, tables/alerts.sql, tables/policies.sql, views/restore_points.sql, views/recovery_objectives.sql
-- Health answers "must somebody act?": a failure outranks progress, so that a retry does not hide it.
-- Stale: the newest restore point is older than the enabled schedule allows, with a quarter of a period to spare.
create or replace view backup.status with (security_invoker = true) as
with active as (
  -- Who may not see when another session began cannot tell whether it is the keeper: unknown, not dead.
  select r.*, (
      select case when count(*) = 0 then false else bool_or(a.backend_start = r.keeper_backend_start) end
      from pg_catalog.pg_stat_activity a where a.pid = r.keeper_pid) as keeper_alive
  from backup.runs r where r.state in ('starting', 'exporting')
), last_run as (
  select * from backup.runs r order by r.requested_at desc, r.run_id desc limit 1
), last_ended as (
  select * from backup.runs r where r.finished_at is not null order by r.requested_at desc, r.run_id desc limit 1
), newest as (
  -- Found by its run first, so that the view does not look at every restore point.
  select p.* from backup.restore_points p
  where p.run_id = (select r.run_id from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1)
), checked as (
  select * from backup.verifications v where v.verdict is not null order by v.finished_at desc limit 1
), progress as (
  select count(*) filter (where c.state = 'done') as chunks_done,
         count(*) as chunks_total,
         sum(greatest(c.estimated_bytes, 1)) filter (where c.state = 'done') as bytes_done,
         sum(greatest(c.estimated_bytes, 1)) as bytes_total,
         bool_and(c.kind <> 'plan' or c.state = 'done') as planned
  from active a join backup.chunks c using (run_id)
  where c.state <> 'replaced'
), secondary as (
  select count(*) filter (where p.enabled) > 0 as enabled,
         coalesce(1.25 * min(case p.frequency when 'daily' then interval '1 day' when 'weekly' then interval '7 days'
                                       when 'monthly' then interval '31 days' end) filter (where p.enabled),
                  interval '8 days 18 hours') as max_age
  from backup.policies p where p.provider = 'aws_s3'
), alerts as (
  select count(*) as open, count(*) filter (where a.severity = 'critical') as critical,
         coalesce(jsonb_agg(jsonb_build_object('cause', a.cause, 'severity', a.severity, 'message', a.message,
           'occurrences', a.occurrences, 'raised_at', a.raised_at, 'last_seen', a.last_seen)
           order by a.severity, a.raised_at), '[]') as list
  from backup.alerts a where a.resolved_at is null
)
select
  case
    when last_ended.state = 'failed' or checked.verdict = 'failed' or alerts.critical > 0 then 'failing'
    when active.run_id is not null then 'running'
    when newest.run_id is null then 'never_ran'
    when newest.age > secondary.max_age then 'stale'
    else 'healthy'
  end as health,
  last_run.run_id as last_run_id,
  last_run.state as last_run_state,
  last_run.requested_at as last_run_requested_at,
  last_run.finished_at as last_run_finished_at,
  last_run.failure_code as last_run_failure_code,
  last_run.failure_message as last_run_failure_message,
  newest.run_id as newest_restore_point,
  newest.snapshot_at as newest_snapshot_at,
  newest.age as newest_age,
  newest.verified as newest_verified,
  secondary.max_age as stale_after,
  checked.verification_id as last_verification_id,
  checked.verdict as last_verdict,
  checked.finished_at as last_verified_at,
  rpo.measured as rpo,
  rpo.target as rpo_target,
  rpo.met as rpo_met,
  rto.measured as rto,
  rto.target as rto_target,
  rto.met as rto_met,
  active.run_id as active_run_id,
  progress.chunks_done,
  progress.chunks_total,
  case when active.run_id is null then null
       when not coalesce(progress.planned, false) then 0
       else floor(100 * coalesce(progress.bytes_done, 0) / progress.bytes_total) end::integer as progress_percent,
  now() - active.keeper_claimed_at as keeper_age,
  case when active.keeper_pid is not null then active.keeper_alive end as keeper_alive,
  alerts.open as open_alerts,
  alerts.list as alerts,
  secondary.enabled as secondary_backup,
  case when secondary.enabled then 'on' else 'off: no S3 policy is enabled; call backup.enable() when a bucket is configured' end
    as secondary_backup_reason
from secondary
cross join alerts
left join active on true
left join progress on active.run_id is not null
left join last_run on true
left join last_ended on true
left join newest on true
left join checked on true
left join backup.recovery_objectives rpo on rpo.name = 'rpo'
left join backup.recovery_objectives rto on rto.name = 'rto';

grant select on backup.status to service_role;
comment on view backup.status is 'One row: are the backups fine, and if not, what is wrong. Start here.';
comment on column backup.status.health is
  'failing: the last run or verification failed or a critical alert is open. running: an export is under way. never_ran: no restore point. stale: the newest is too old. healthy: none of these.';
comment on column backup.status.newest_restore_point is 'Run to restore from, see backup.restore_points.';
comment on column backup.status.newest_verified is 'True when a drill has restored it and found it equal.';
comment on column backup.status.stale_after is 'Age at which the newest restore point counts as stale, from the shortest enabled S3 policy.';
comment on column backup.status.last_verdict is 'Verdict of the newest finished verification.';
comment on column backup.status.rpo is 'Age of the newest restore point that a drill has verified; null when there is none.';
comment on column backup.status.rto is '95th percentile of the time passed drills took; null when there was none.';
comment on column backup.status.progress_percent is 'Of the active export, by planned bytes.';
comment on column backup.status.keeper_age is 'How long the active run has held its snapshot. It holds back vacuum, hence settings.keeper_max_age.';
comment on column backup.status.keeper_alive is 'False: the session that holds the snapshot is gone, and the run is about to fail. Null: there is none, or the reader may not see sessions of others.';
comment on column backup.status.alerts is 'Open alerts, critical ones first.';
comment on column backup.status.secondary_backup is 'Whether exports to S3 are scheduled.';
comment on column backup.status.last_run_id is 'The newest export, whatever became of it.';
comment on column backup.status.last_run_state is 'starting, exporting, complete or failed.';
comment on column backup.status.last_run_requested_at is 'When it was asked for.';
comment on column backup.status.last_run_finished_at is 'When it ended; null while it is under way.';
comment on column backup.status.last_run_failure_code is 'Why it failed: a code of docs/errors.md or a SQLSTATE.';
comment on column backup.status.last_run_failure_message is 'Why it failed, in words.';
comment on column backup.status.newest_snapshot_at is 'A restore of it brings the data back as it was at this time.';
comment on column backup.status.newest_age is 'Time since then: what would be lost.';
comment on column backup.status.last_verification_id is 'Newest finished verification; its answers are in backup.verification_results.';
comment on column backup.status.last_verified_at is 'When it ended.';
comment on column backup.status.rpo_target is 'Data that may be lost, by backup.objectives.';
comment on column backup.status.rpo_met is 'Null when there is nothing to compare; that is not yes.';
comment on column backup.status.rto_target is 'Time a restore may take, by backup.objectives.';
comment on column backup.status.rto_met is 'Null when there is nothing to compare; that is not yes.';
comment on column backup.status.active_run_id is 'Export that is under way; null when there is none.';
comment on column backup.status.chunks_done is 'Chunks of the active export that are stored.';
comment on column backup.status.chunks_total is 'Chunks of the active export; grows while tables are planned.';
comment on column backup.status.open_alerts is 'How many alerts are open; see alerts.';
comment on column backup.status.secondary_backup_reason is 'Why secondary_backup says so.';

-- sql/views/metrics.sql
-- requires: views/status.sql, views/restore_points.sql, views/recovery_objectives.sql, tables/job_states.sql, tables/verification_results.sql, tables/drills.sql
-- One row per sample, in the names of Prometheus, so that any exporter that can run SQL may publish it; types and words are in
-- functions/_shared/metrics/metric_families.ts. What never happened has no time: it has no row, and a row of never_succeeded says so.
-- Times are there as well as ages, because a sample in a file does not grow older by itself.
create or replace view backup.metrics with (security_invoker = true) as
with status as materialized (
  select * from backup.status
), newest as (
  select p.* from backup.restore_points p where p.run_id = (select s.newest_restore_point from status s)
), proven as (
  select p.run_id, p.snapshot_at, p.age from backup.restore_points p
  where p.verified and p.run_id = any (array(select d.run_id from backup.drills d where d.verdict = 'passed'))
), objectives as (
  select * from backup.recovery_objectives
), points as (
  select count(*) as points, coalesce(sum(r.stored_bytes), 0) as stored_bytes from backup.runs r where r.state = 'complete'
), export_ends as (
  select 'export' as operation,
    (select greatest(c.finished_at, e.finished_at) from (select) one
     left join lateral (select r.finished_at from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1) c on true
     left join lateral (select r.finished_at from backup.runs r where r.state = 'expired' order by r.snapshot_at desc limit 1) e on true) as success_at,
    (select r.finished_at from backup.runs r where r.state = 'failed' order by r.requested_at desc limit 1) as failure_at,
    (select r.finished_at - r.requested_at from backup.runs r where r.finished_at is not null order by r.requested_at desc, r.run_id desc limit 1) as duration
), drill as (
  select * from backup.drills d where d.verdict is not null order by d.finished_at desc limit 1
), operations as (
  select * from export_ends
  union all
  select 'verification', max(v.finished_at) filter (where v.verdict = 'passed'), max(v.finished_at) filter (where v.verdict = 'failed'),
         (select c.finished_at - c.started_at from backup.verifications c where c.verification_id = (select s.last_verification_id from status s))
  from backup.verifications v
  union all
  select 'drill', max(d.finished_at) filter (where d.verdict = 'passed'), max(d.finished_at) filter (where d.verdict = 'failed'),
         (select l.finished_at - l.started_at from drill l)
  from backup.drills d
), phases as (
  -- A phase starts when every chunk of the one before is done, so that phases add up to the whole export.
  select (array['plan', 'copy', 'render', 'manifest'])[c.phase + 1] as phase,
         max(c.done_at) - lag(max(c.done_at), 1, r.snapshot_at) over (order by c.phase) as duration
  from newest n join backup.runs r using (run_id) join backup.chunks c using (run_id)
  where c.state = 'done' group by c.phase, r.snapshot_at
), checks as (
  -- The time is that of the whole check, on each of its answers.
  select a.check_name, v.verdict, count(*) filter (where a.verdict = v.verdict) as answers, max(a.duration_ms) as duration_ms
  from backup.verification_results a cross join unnest(enum_range(null::backup.verdict)) v(verdict)
  where a.verification_id = (select s.last_verification_id from status s) group by a.check_name, v.verdict
), active_chunks as (
  select c.state, count(*) as chunks from backup.chunks c where c.run_id = (select s.active_run_id from status s) group by c.state
), jobs as (
  select * from (values ('tick'), ('export'), ('verify'), ('drill'), ('retention'), ('prune')) names(job_name) left join backup.job_states j using (job_name)
), samples as (
  select 'build_info' as name, jsonb_build_object('project', s.project_ref) as labels, 1::double precision as value from backup.settings s
  union all select 'observed_timestamp_seconds', '{}', extract(epoch from now())
  union all select 'health', jsonb_build_object('holdfast_health', h.state), (h.state = s.health)::integer
            from status s cross join unnest(array['never_ran', 'healthy', 'running', 'stale', 'failing']) h(state)
  union all select 'secondary_backup_enabled', '{}', s.secondary_backup::integer from status s
  union all select 'stale_after_seconds', '{}', extract(epoch from s.stale_after) from status s

  union all select 'restore_points', '{}', p.points from points p
  union all select 'restore_points_stored_bytes', '{}', p.stored_bytes from points p
  union all select 'verified_restore_points', '{}', count(*) from proven
  union all select 'newest_restore_point_timestamp_seconds', '{}', extract(epoch from n.snapshot_at) from newest n
  union all select 'newest_restore_point_age_seconds', '{}', extract(epoch from n.age) from newest n
  union all select 'newest_restore_point_verified', '{}', n.verified::integer from newest n
  union all select 'newest_restore_point_rows', '{}', n.rows from newest n
  union all select 'newest_restore_point_raw_bytes', '{}', n.raw_bytes from newest n
  union all select 'newest_restore_point_stored_bytes', '{}', n.stored_bytes from newest n
  union all select 'newest_restore_point_warnings', '{}', n.warnings from newest n
  union all select 'newest_verified_restore_point_timestamp_seconds', '{}', extract(epoch from max(p.snapshot_at)) from proven p
  union all select 'newest_verified_restore_point_age_seconds', '{}', extract(epoch from min(p.age)) from proven p

  union all select o.name || '_target_seconds', '{}', extract(epoch from o.target) from objectives o
  union all select o.name || '_seconds', '{}', extract(epoch from o.measured) from objectives o
  union all select 'rto_expected_seconds', '{}', extract(epoch from o.extrapolated) from objectives o where o.name = 'rto'

  union all select 'never_succeeded', jsonb_build_object('operation', o.operation), (o.success_at is null)::integer from operations o
  union all select 'last_success_timestamp_seconds', jsonb_build_object('operation', o.operation), extract(epoch from o.success_at) from operations o
  union all select 'last_failure_timestamp_seconds', jsonb_build_object('operation', o.operation), extract(epoch from o.failure_at) from operations o
  union all select 'last_duration_seconds', jsonb_build_object('operation', o.operation), extract(epoch from o.duration) from operations o
  union all select 'last_run_state', jsonb_build_object('holdfast_last_run_state', e.state), (e.state = s.last_run_state)::integer
            from status s cross join unnest(enum_range(null::backup.run_state)) e(state) where s.last_run_id is not null
  union all select 'last_verification_verdict', jsonb_build_object('holdfast_last_verification_verdict', e.verdict), (e.verdict = s.last_verdict)::integer
            from status s cross join unnest(enum_range(null::backup.verdict)) e(verdict) where s.last_verdict is not null
  union all select 'last_drill_verdict', jsonb_build_object('holdfast_last_drill_verdict', e.verdict), (e.verdict = d.verdict)::integer
            from drill d cross join unnest(enum_range(null::backup.verdict)) e(verdict)
  union all select 'newest_restore_point_phase_seconds', jsonb_build_object('phase', p.phase), extract(epoch from p.duration) from phases p
  union all select 'last_drill_phase_seconds', jsonb_build_object('phase', p.key), p.value::text::double precision from drill d cross join jsonb_each(d.phase_seconds) p
  union all select 'last_verification_check_seconds', jsonb_build_object('check', c.check_name), c.duration_ms / 1000 from checks c where c.verdict = 'passed'
  union all select 'last_verification_answers', jsonb_build_object('check', c.check_name, 'verdict', c.verdict), c.answers from checks c

  union all select 'open_alerts', jsonb_build_object('severity', v.severity), count(a.cause)
            from (values ('critical'), ('warning')) v(severity) left join backup.alerts a on a.severity = v.severity and a.resolved_at is null group by v.severity
  union all select 'alert_open', jsonb_build_object('cause', a.cause, 'severity', a.severity), 1 from backup.alerts a where a.resolved_at is null
  union all select 'alert_raised_timestamp_seconds', jsonb_build_object('cause', a.cause, 'severity', a.severity), extract(epoch from a.raised_at) from backup.alerts a where a.resolved_at is null

  union all select 'active_run', '{}', (s.active_run_id is not null)::integer from status s
  union all select 'active_run_chunks', jsonb_build_object('state', e.state), coalesce(c.chunks, 0)
            from unnest(enum_range(null::backup.chunk_state)) e(state) left join active_chunks c using (state)
  union all select 'active_run_progress_ratio', '{}', s.progress_percent / 100.0 from status s
  union all select 'keeper_age_seconds', '{}', extract(epoch from s.keeper_age) from status s
  union all select 'keeper_alive', '{}', s.keeper_alive::integer from status s

  union all select 'job_never_succeeded', jsonb_build_object('job_name', j.job_name), (j.last_success_at is null)::integer from jobs j
  union all select 'job_last_success_timestamp_seconds', jsonb_build_object('job_name', j.job_name), extract(epoch from j.last_success_at) from jobs j
  union all select 'job_last_failure_timestamp_seconds', jsonb_build_object('job_name', j.job_name), extract(epoch from j.last_failure_at) from jobs j
  union all select 'job_last_duration_seconds', jsonb_build_object('job_name', j.job_name), j.last_seconds from jobs j
  union all select 'job_runs_total', jsonb_build_object('job_name', j.job_name, 'outcome', 'succeeded'), coalesce(j.succeeded, 0) from jobs j
  union all select 'job_runs_total', jsonb_build_object('job_name', j.job_name, 'outcome', 'failed'), coalesce(j.failed, 0) from jobs j

  union all select 'ledger_bytes', '{}', sum(pg_total_relation_size(c.oid)) from pg_catalog.pg_class c where c.relnamespace = 'backup'::regnamespace and c.relkind = 'r'
  union all select 'ledger_max_bytes', '{}', s.ledger_max_bytes from backup.settings s
)
select 'holdfast_' || s.name as name, s.labels, s.value from samples s where s.value is not null
order by s.name, s.labels;

grant select on backup.metrics to service_role;
comment on view backup.metrics is 'What monitoring wants to know, one row per sample: name, labels and value as in docs/monitoring.md. What never happened has no row.';
comment on column backup.metrics.name is 'Name of the metric, as in docs/monitoring.md. Seconds and bytes; times are seconds since 1970.';
comment on column backup.metrics.labels is 'Labels of the sample, an object of strings.';
comment on column backup.metrics.value is 'The value. Yes is 1 and no is 0.';

-- sql/views/table_stats.sql
-- requires: functions/table_stats.sql
create or replace view backup.table_stats with (security_invoker = true) as
select s.* from backup.table_stats() s order by s.schema_name, s.table_name;

comment on view backup.table_stats is
  'Estimated rows and sizes per table beside the newest complete run. Exact numbers: select * from backup.table_stats(true);';
comment on column backup.table_stats.schema_name is 'Schema of the table.';
comment on column backup.table_stats.table_name is 'Name of the table; a partition stands for itself.';
comment on column backup.table_stats.estimated_rows is 'By the statistics of the planner; null where the table was never analyzed.';
comment on column backup.table_stats.exact_rows is 'Null here: only backup.table_stats(true) counts.';
comment on column backup.table_stats.total_bytes is 'Table, TOAST and indexes.';
comment on column backup.table_stats.heap_bytes is 'Table without TOAST and indexes.';
comment on column backup.table_stats.toast_bytes is 'Values too long for a row, stored apart.';
comment on column backup.table_stats.index_bytes is 'All indexes of the table.';
comment on column backup.table_stats.dead_rows is 'Rows vacuum has yet to remove.';
comment on column backup.table_stats.last_analyzed_at is 'When its statistics were last gathered.';
comment on column backup.table_stats.rows_at_run is 'Rows of the table in the newest complete run; null when it was not in it.';
comment on column backup.table_stats.rows_since_run is 'Estimated rows less rows_at_run.';

-- sql/pgtap/backup_tests.sql
-- pgTAP tests that live in the database. Holdfast puts its own here with backup.install_tests(); every other function
-- whose name starts with "test" is the user's invariant, is run beside them and never touched.
create schema if not exists backup_tests;
comment on schema backup_tests is
  'pgTAP tests of this database. Add invariants as functions named test_… that return setof text; run all: select * from backup.run_tests();';
revoke all on schema backup_tests from public;

-- sql/pgtap/install_tests.sql
-- requires: pgtap/backup_tests.sql, functions/_pgtap_schema.sql
-- backup.install_tests()
--
-- Why: pgTAP calls its own functions without a schema, so a test must be created with the search_path of the place
-- where pgTAP is in this database. Without pgTAP nothing is created and nothing is returned.
-- Each test turns the findings of one check into TAP: passed → ok, failed → not ok, skipped → # SKIP, and inconclusive →
-- not ok with that word in front, because TAP has no verdict for "could not look".
-- Idempotent: replaces the tests of this list and leaves every other function of the schema alone.
create or replace function backup.install_tests()
returns setof text
language plpgsql
set search_path = ''
as $$
declare
  v_pgtap name := backup._pgtap_schema();
  v_test  record;
begin
  if v_pgtap is null then
    return;
  end if;

  for v_test in
    select * from (values
      ('test_row_counts',     'check_row_counts'),
      ('test_foreign_keys',   'check_foreign_keys'),
      ('test_critical_data',  'check_critical_data'),
      ('test_sample_queries', 'run_sample_queries'),
      ('test_sequences',      'check_sequences'),
      ('test_constraints',    'check_constraints'),
      ('test_indexes',        'check_indexes'),
      ('test_row_security',   'check_row_security')) as t (test_name, check_name)
  loop
    execute format($create$
      create or replace function backup_tests.%1$I()
      returns setof text
      language plpgsql
      set search_path = %2$I
      as $test$
      declare
        v_finding backup.finding;
      begin
        for v_finding in select * from backup.%3$I() loop
          return next case v_finding.verdict
            when 'passed' then %2$I.ok(true, v_finding.subject)
            when 'skipped' then %2$I.skip(concat(v_finding.subject, ': ', v_finding.actual), 1)
            when 'inconclusive' then %2$I.ok(false, concat('inconclusive: ', v_finding.subject, ': ', v_finding.actual))
            else %2$I.ok(false, concat(v_finding.subject, ': ', v_finding.actual)) end;
        end loop;
        if not found then
          return next %2$I.skip('there is nothing to check', 1);
        end if;
      end
      $test$
      $create$, v_test.test_name, v_pgtap, v_test.check_name);
    execute format('comment on function backup_tests.%I() is %L', v_test.test_name,
      format('Holds when every finding of backup.%s() passes.', v_test.check_name));
    execute format('revoke all on function backup_tests.%I() from public', v_test.test_name);
    return next format('backup_tests.%I', v_test.test_name);
  end loop;
end
$$;

comment on function backup.install_tests() is
  'Creates or replaces the pgTAP tests of schema backup_tests and returns their names; returns nothing where pgTAP is not installed.';
revoke all on function backup.install_tests() from public;

-- sql/pgtap/run_tests.sql
-- requires: pgtap/backup_tests.sql, functions/_pgtap_schema.sql
-- backup.run_tests(test)
--
-- Why: runs every pgTAP test of schema backup_tests and returns one finding per test function, so that invariants which
-- users add count in a verification like any check.
-- Tests run one by one, each through pgTAP's runner with its startup, setup, teardown and shutdown functions and in a block
-- that is always rolled back: pgTAP 1.2 lets most errors of one test end the whole run, and no version rolls back startup.
-- Evidence holds counts and the names of failed assertions; what an assertion compared stays out of it, because
-- diagnostics quote values.
-- Verdict of a test: failed if an assertion failed or the test died; inconclusive if it died for lack of privileges or all its
-- failures say "inconclusive:"; skipped if every assertion was skipped; else passed. A test without assertions fails.
-- pgTAP keeps one plan per session: inside another pgTAP test this must be called before plan().
-- Tests are functions without arguments whose name starts with "test". p_test narrows it to one name.
create or replace function backup.run_tests(p_test text default null)
returns setof backup.finding
language plpgsql
set search_path = ''
as $$
declare
  v_pgtap  name := backup._pgtap_schema();
  v_test   record;
  v_lines  text[];
  v_line   text;
  v_match  text[];
  v_ok     integer;
  v_skip   integer;
  v_todo   integer;
  v_failed text[];
  v_died   text;
  v_done   boolean;
  v_passed boolean;
begin
  if v_pgtap is null then
    return next ('run_tests', 'backup_tests', 'skipped'::backup.verdict, 'every test passes',
      'pgTAP is not installed: create extension pgtap with schema extensions;', '{}'::jsonb)::backup.finding;
    return;
  end if;

  for v_test in
    select format('%I.%I', n.nspname, p.proname) as subject,
           '^' || regexp_replace(p.proname, '(\\W)', '\\\\\\1', 'g') || '$' as pattern
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'backup_tests' and p.prokind = 'f' and p.pronargs = 0 and p.proname ~ '^test'
      and (p_test is null or p.proname::text = p_test)
    order by p.proname
  loop
    v_ok := 0; v_skip := 0; v_todo := 0; v_failed := '{}'; v_died := null; v_done := false; v_passed := false; v_lines := '{}';
    begin
      perform pg_catalog.set_config('search_path', quote_ident(v_pgtap), true);
      perform pg_catalog.set_config('client_min_messages', 'warning', true);
      execute format('select array_agg(t.line order by t.position) from %I.runtests(''backup_tests''::name, $1) with ordinality as t (line, position)', v_pgtap)
        into v_lines using v_test.pattern;
      v_done := true;
      raise exception using errcode = 'transaction_rollback';
    exception when others then
      if not v_done then
        v_died := sqlstate;
      end if;
    end;

    foreach v_line in array string_to_array(coalesce(array_to_string(v_lines, E'\\n'), ''), E'\\n') loop
      v_match := regexp_match(v_line, '^    (not )?ok \\d+(?: - ([^#\\\\]*(?:\\\\.[^#\\\\]*)*))?\\s*(?:# (SKIP|TODO)\\M.*)?', 'i');
      if v_match is null then
        v_died := coalesce(v_died, substring(v_line from '^    # Test died: (\\w{5})'));
        v_passed := v_passed or v_line ~ '^ok \\d';
      elsif upper(v_match[3]) = 'SKIP' then
        v_skip := v_skip + 1;
      elsif upper(v_match[3]) = 'TODO' then
        v_todo := v_todo + 1;
      elsif v_match[1] is null then
        v_ok := v_ok + 1;
      else
        v_failed := v_failed || coalesce(nullif(btrim(v_match[2]), ''), 'assertion without a name');
      end if;
    end loop;

    return next ('run_tests', v_test.subject,
      case when v_died in ('42501', '55P03') then 'inconclusive'
           when v_died is null and v_failed <> '{}'
             and not exists (select from unnest(v_failed) f where f not like 'inconclusive:%') then 'inconclusive'
           when not v_passed then 'failed'
           when v_ok = 0 then 'skipped'
           else 'passed' end::backup.verdict,
      'every assertion holds',
      case when v_died is not null then format('the test died with error %s', v_died)
           when v_ok + v_skip + v_todo + cardinality(v_failed) = 0 then 'the test made no assertion'
           else concat_ws(', ', nullif(v_ok, 0) || ' hold', nullif(cardinality(v_failed), 0) || ' do not hold',
                          nullif(v_skip, 0) || ' skipped', nullif(v_todo, 0) || ' to do') end,
      jsonb_strip_nulls(jsonb_build_object('held', v_ok, 'skipped', v_skip, 'todo', v_todo,
        'failed', cardinality(v_failed), 'failures', to_jsonb(v_failed[1:20]), 'sqlstate', v_died)))::backup.finding;
  end loop;

  if not found then
    return next ('run_tests', 'backup_tests', 'skipped'::backup.verdict, 'every test passes',
      'the schema holds no such test: select backup.install_tests();', '{}'::jsonb)::backup.finding;
  end if;
end
$$;

comment on function backup.run_tests(text) is
  'Runs the pgTAP tests of schema backup_tests, rolled back, and returns one finding per test; skipped where pgTAP is not installed. With a name: that test only.';
revoke all on function backup.run_tests(text) from public;

-- Tells which build of sql/ a database has; compareBuild() in stack/ reads it. Qualified, as the search path may hold functions of
-- these names.
do $$ begin
  execute pg_catalog.format('comment on schema backup is %L', pg_catalog.concat_ws(' ', pg_catalog.obj_description('backup'::regnamespace, 'pg_namespace'), 'Build 012a62eee607.'));
end $$;

reset check_function_bodies;
`;
