-- Built from sql/ by scripts/build_migrations.ts. Do not edit: change the file named above a statement and build again.

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
create type backup.chunk_kind as enum ('plan', 'schema', 'globals', 'data', 'sequences', 'manifest');
comment on type backup.chunk_kind is
  'What a chunk does: plan the tables, capture the schema, capture roles, extensions and scheduled jobs, copy a ctid range, read the sequences, write the manifest.';

-- sql/types/chunk_state.sql
create type backup.chunk_state as enum ('pending', 'claimed', 'done', 'replaced');
comment on type backup.chunk_state is
  'pending: may be claimed from not_before on. claimed: a worker holds it until lease_until. done: its object is stored. replaced: split or planned again; other chunks cover its rows.';

-- sql/types/finding.sql
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
create type backup.run_state as enum ('starting', 'exporting', 'complete', 'failed');
comment on type backup.run_state is
  'starting: waiting for the keeper''s snapshot. exporting: chunks are being worked on. complete: the manifest is in the bucket. failed: see failure_code.';

-- sql/types/table_status.sql
create type backup.table_status as enum ('pending', 'exported', 'excluded');
comment on type backup.table_status is 'Every table of a run ends as exported or as excluded with a reason; nothing is left out in silence.';

-- sql/types/tier.sql
create type backup.tier as enum ('daily', 'weekly', 'monthly');
comment on type backup.tier is 'Decides how long a run is kept and in which storage class.';

-- sql/types/verdict.sql
-- The four answers of a check, a verification or a drill. Three of them are not "passed".
create type backup.verdict as enum ('passed', 'failed', 'inconclusive', 'skipped');
comment on type backup.verdict is
  'Answer of a check. "inconclusive" means it could not look and never counts as passed; "skipped" means it does not apply here.';

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

-- sql/tables/runs.sql
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
  finished_at          timestamptz,
  rows                 bigint,
  raw_bytes            bigint,
  stored_bytes         bigint,
  manifest_key         text,
  manifest_sha256      text,
  warnings             jsonb not null default '[]',
  failure_code         text,
  failure_message      text,
  failure_detail       text,
  constraint runs_id_sorts_by_time check (run_id ~ '^\d{8}T\d{6}Z-[0-9a-f]{6}$'),
  constraint runs_trigger_known check (trigger in ('schedule', 'http', 'cli', 'sql')),
  constraint runs_engine_known check (engine in ('functions', 'cli')),
  constraint runs_complete_iff_manifest check ((state = 'complete') = (manifest_key is not null and manifest_sha256 is not null)),
  constraint runs_failed_iff_reason check ((state = 'failed') = (failure_code is not null and failure_message is not null)),
  constraint runs_ended_iff_finished check ((state in ('complete', 'failed')) = (finished_at is not null))
);
-- Two exports at once would double the load and hold two snapshots; the index makes the second one impossible.
create unique index runs_one_active on backup.runs ((true)) where state in ('starting', 'exporting');
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
comment on column backup.runs.raw_bytes is 'Bytes of COPY text before compression.';
comment on column backup.runs.stored_bytes is 'Bytes of all objects in the bucket.';
comment on column backup.runs.warnings is 'What the backup does not cover, as an array of {code, subject, message}.';
comment on column backup.runs.failure_code is 'Code of docs/errors.md or a SQLSTATE.';

-- sql/tables/run_tables.sql
-- requires: tables/runs.sql
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
comment on column backup.run_tables.planned_rows is 'Exact rows at planning time, for tables small enough to count.';
comment on column backup.run_tables.fingerprint is 'Order-independent content hash: the sum of 64-bit row hashes modulo 2^64, as 16 hex digits.';

-- sql/tables/chunks.sql
-- requires: tables/run_tables.sql
create table backup.chunks (
  run_id          text not null references backup.runs on delete cascade,
  chunk_no        integer not null,
  kind            backup.chunk_kind not null,
  phase           smallint not null generated always as (
                    case kind when 'plan'::backup.chunk_kind then 0
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
comment on column backup.chunks.objects is 'Objects written by a chunk that is not data: array of {key, sha256, bytes, content}.';

-- sql/tables/drills.sql
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

comment on table backup.job_runs is 'Every scheduled entry that ran: when, how long, with which outcome. Kept for 30 days.';

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

-- sql/tables/policies.sql
create table backup.policies (
  name            text primary key,
  provider        text not null,
  frequency       text not null,
  retention       interval not null,
  storage_class   text,
  tier            backup.tier,
  enabled         boolean not null,
  description     text not null,
  constraint policies_provider_known check (provider in ('supabase', 'aws_s3', 'supabase_storage')),
  constraint policies_frequency_known check (frequency in ('continuous', 'daily', 'weekly', 'monthly')),
  constraint policies_retention_positive check (retention > interval '0'),
  constraint policies_storage_class_known check (storage_class in ('STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'))
);
alter table backup.policies enable row level security;
create policy service_role_reads on backup.policies for select to service_role using (true);
grant select on backup.policies to service_role;

comment on table backup.policies is 'The backup strategy: which backups exist, who makes them, how often, and how long they are kept.';
comment on column backup.policies.provider is 'supabase: the platform''s own backups. aws_s3: exports by Holdfast to a bucket. supabase_storage: files in Storage.';
comment on column backup.policies.tier is 'Tier of the runs this policy covers; null where Holdfast does not make the backup.';
comment on column backup.policies.enabled is 'The S3 policies stay off until backup.enable() is called, so an unconfigured bucket raises no noise.';

insert into backup.policies (name, provider, frequency, retention, storage_class, tier, enabled, description) values
  ('primary',           'supabase',         'daily',      '30 days',  null,         null,      true,  'Daily backups made by the Supabase platform.'),
  ('point_in_time',     'supabase',         'continuous', '7 days',   null,         null,      true,  'Point-in-time recovery by the Supabase platform.'),
  ('secondary_daily',   'aws_s3',           'daily',      '30 days',  'STANDARD',   'daily',   false, 'Daily exports to the S3 bucket, when more than the weekly one is wanted.'),
  ('secondary_weekly',  'aws_s3',           'weekly',     '90 days',  'STANDARD',   'weekly',  false, 'Weekly full export to the S3 bucket.'),
  ('secondary_monthly', 'aws_s3',           'monthly',    '365 days', 'GLACIER_IR', 'monthly', false, 'The first export of a month, kept for a year.'),
  ('storage',           'supabase_storage', 'daily',      '30 days',  null,         null,      false, 'Files in Supabase Storage.');

-- sql/tables/settings.sql
create table backup.settings (
  id                      boolean primary key default true,
  project_ref             text not null default 'local',
  functions_url           text,
  included_schemas        text[],
  excluded_schemas        text[] not null default '{}',
  chunk_bytes             bigint not null default 12582912,
  worker_bytes            bigint not null default 33554432,
  worker_seconds          integer not null default 60,
  workers                 integer not null default 2,
  lease_seconds           integer not null default 120,
  max_attempts            integer not null default 5,
  keeper_max_age          interval not null default '6 hours',
  keeper_start_timeout    interval not null default '4 minutes',
  count_at_plan_bytes     bigint not null default 268435456,
  include_role_passwords  boolean not null default false,
  row_shrink_threshold    numeric not null default 0.2,
  check_timeout           interval not null default '25 seconds',
  background_timeout      interval not null default '2 hours',
  object_sample_share     integer not null default 4,
  constraint settings_one_row check (id),
  constraint settings_project_ref_is_a_path_segment check (project_ref ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
  constraint settings_chunk_bytes_range check (chunk_bytes between 8192 and 1073741824),
  constraint settings_worker_bytes_positive check (worker_bytes > 0),
  constraint settings_worker_seconds_range check (worker_seconds between 1 and 390),
  constraint settings_workers_range check (workers between 1 and 32),
  constraint settings_lease_seconds_range check (lease_seconds between 5 and 3600),
  constraint settings_max_attempts_range check (max_attempts between 1 and 100),
  constraint settings_row_shrink_threshold_range check (row_shrink_threshold >= 0 and row_shrink_threshold < 1),
  constraint settings_object_sample_share_range check (object_sample_share between 1 and 365)
);
alter table backup.settings enable row level security;
create policy service_role_reads on backup.settings for select to service_role using (true);
grant select on backup.settings to service_role;
insert into backup.settings default values;

comment on table backup.settings is 'One row: how this project is backed up. Change it with update backup.settings set … where id;';
comment on column backup.settings.project_ref is 'Folder of this project inside the bucket; the project reference on hosted Supabase.';
comment on column backup.settings.functions_url is 'Base URL of the Edge Functions, as https://<ref>.supabase.co/functions/v1. Null: Vault secret "project_url" + /functions/v1.';
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
comment on column backup.settings.count_at_plan_bytes is 'Tables up to this size are counted when planned, so that VACUUM FULL or CLUSTER during the export can be survived. Larger ones fail the run.';
comment on column backup.settings.include_role_passwords is 'Opt in to storing role password verifiers in the backup.';
comment on column backup.settings.row_shrink_threshold is 'Share of rows a table may lose against the last good run before check_row_counts fails: 0.2 = 20 %.';
comment on column backup.settings.check_timeout is 'A check that runs longer inside verify-backup is handed to a pg_cron job.';
comment on column backup.settings.background_timeout is 'A handed-over check that runs longer is recorded as inconclusive.';
comment on column backup.settings.object_sample_share is 'A verification reads back one object in this many, rotating, so that all are read once in as many verifications.';

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
-- Why: cron.unschedule() raises for a job that is not there, and the schema may be missing altogether.
create or replace function backup.unschedule(p_job_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_found boolean := false;
begin
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
-- requires: tables/runs.sql, functions/unschedule.sql
-- backup.fail_run(p_run_id, p_code, p_message, p_detail)
--
-- Why: a run fails once, with the first reason; what comes later is a consequence and must not hide it.
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
  end if;
  return v_ended;
end;
$$;

comment on function backup.fail_run(text, text, text, text) is
  'Ends an active run as failed with a code of docs/errors.md or a SQLSTATE. False when the run had already ended.';
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
  if v_run.state in ('complete', 'failed') then
    raise exception using errcode = 'HF003', message = format('run %s has already ended as %s', p_run_id, v_run.state),
      detail = v_run.failure_message, hint = 'Start another run with backup.start_run().';
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

-- sql/functions/check_drill_age.sql
-- backup.check_drill_age()
--
-- Why: a backup nobody has restored is a hope. Drills are monthly; 35 days leaves room for the longest month and a
-- missed night. A failed newest drill fails here until one passes.
create or replace function backup.check_drill_age()
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with newest as (
    select d.drill_id, d.run_id, d.verdict, d.finished_at, clock_timestamp() - d.finished_at as age
    from backup.drills d
    where d.verdict is not null and d.verdict <> 'skipped'
    order by d.finished_at desc
    limit 1
  )
  select 'check_drill_age', 'newest drill',
    (case when n.verdict <> 'passed' then n.verdict::text
          when n.age > interval '35 days' then 'failed'
          else 'passed' end)::backup.verdict,
    'a drill passed within 35 days',
    format('%s %s days ago', n.verdict, extract(day from n.age)),
    jsonb_build_object('drill_id', n.drill_id, 'run_id', n.run_id, 'finished_at', n.finished_at)
  from newest n
  union all
  select 'check_drill_age', 'newest drill', 'skipped'::backup.verdict,
    'a drill passed within 35 days', 'no drill has been run; restores are not proven yet', '{}'::jsonb
  where not exists (select from newest)
$$;

comment on function backup.check_drill_age() is
  'Fails when the newest drill failed or is older than 35 days; skipped while there has never been one.';
revoke all on function backup.check_drill_age() from public;

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
-- backup.claim_chunks(p_run_id, p_worker, p_max_chunks, p_max_bytes)
--
-- Why: workers take work without meeting each other (skip locked) and without holding a lock while they work (a lease).
-- Only the earliest unfinished phase is handed out. Small data chunks come several at a time, because their cost is the
-- round trip; any other chunk comes alone. A chunk whose lease ran out may be claimed again until its attempts are spent:
-- then the run fails with the last error.
-- Returns no row when there is nothing to do now: see backup.run_progress() for why.
create or replace function backup.claim_chunks(
  p_run_id text, p_worker text, p_max_chunks integer default 32, p_max_bytes bigint default 12582912)
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
  perform from backup.runs r where r.run_id = p_run_id and r.state = 'exporting' for share;
  if not found then
    return;
  end if;
  select * into v_settings from backup.settings;
  select min(c.phase) into v_phase from backup.chunks c where c.run_id = p_run_id and c.state in ('pending', 'claimed');

  for v_chunk in
    select c.chunk_no, c.kind, c.estimated_bytes, c.attempts, c.error_code, c.error_message, c.schema_name, c.table_name
    from backup.chunks c
    where c.run_id = p_run_id and c.phase = v_phase
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

comment on function backup.claim_chunks(text, text, integer, bigint) is
  'Hands chunks to a worker under a lease; they share one claim id. No row: nothing to do now. Fails the run when a chunk''s attempts are spent.';
revoke all on function backup.claim_chunks(text, text, integer, bigint) from public;

-- sql/functions/claim_keeper.sql
-- requires: tables/runs.sql, functions/unschedule.sql
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
  perform backup.unschedule('holdfast-keeper-' || p_run_id);
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

-- sql/functions/close_overdue_checks.sql
-- backup.close_overdue_checks()
--
-- Why: a function can be killed and a database restarted in mid-check. The minute tick calls this, so that such a
-- verification ends as inconclusive and does not stay open for ever.
-- A check nobody works on any more gets ten minutes: more than the longest life of a function (400 s).
create or replace function backup.close_overdue_checks()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_check   record;
  v_settings backup.settings;
  v_closed  integer := 0;
begin
  select * into v_settings from backup.settings;
  for v_check in
    select c.verification_id, c.check_name, c.state, c.job_name
    from backup.verification_checks c
    join backup.verifications v using (verification_id)
    where v.verdict is null
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
    if v_check.job_name is not null and pg_catalog.to_regnamespace('cron') is not null then
      -- The job normally removed itself; one that never started must not start after its check is closed.
      execute 'select cron.unschedule(j.jobid) from cron.job j where j.jobname = $1' using v_check.job_name;
    end if;
    perform backup.record_findings(v_check.verification_id, v_check.check_name, jsonb_build_array(jsonb_build_object(
      'subject', v_check.check_name, 'verdict', 'inconclusive', 'expected', 'an answer',
      'actual', case v_check.state
        when 'background' then 'its background job did not report'
        when 'running' then 'the process that ran it ended without reporting'
        else 'the verification ended before it was started' end,
      'evidence', jsonb_build_object('state', v_check.state))), null);
    v_closed := v_closed + 1;
  end loop;
  return v_closed;
end
$$;

comment on function backup.close_overdue_checks() is
  'Closes as inconclusive the checks whose process or pg_cron job never reported, and returns how many. Called by the minute tick.';
revoke all on function backup.close_overdue_checks() from public;

-- sql/functions/close_verification.sql
-- backup.close_verification(verification id)
--
-- Why: called after every result, so whichever process brings the last one closes the verification.
-- The row lock comes before the look at the checks: of two processes that finish at once, the second sees the first.
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
  select * into v_verification from backup.verifications v where v.verification_id = p_verification_id for update;
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

  -- "Everything was skipped" has proven nothing, so it is not passed.
  select case
           when bool_or(r.verdict = 'failed') then 'failed'::backup.verdict
           when bool_or(r.verdict = 'inconclusive') or not bool_or(r.verdict = 'passed') then 'inconclusive'
           else 'passed'
         end,
         array_agg(distinct r.check_name) filter (where r.verdict = 'failed'),
         array_agg(distinct r.check_name) filter (where r.verdict = 'inconclusive')
  into v_verdict, v_failed, v_inconclusive
  from backup.verification_results r
  where r.verification_id = p_verification_id;
  v_verdict := coalesce(v_verdict, 'inconclusive');

  update backup.verifications v
  set verdict = v_verdict, finished_at = clock_timestamp()
  where v.verification_id = p_verification_id;

  if v_verdict = 'failed' then
    perform backup.raise_alert('verification_failed', 'critical',
      format('verification failed: %s', array_to_string(v_failed, ', ')),
      jsonb_build_object('verification_id', p_verification_id, 'run_id', v_verification.run_id, 'checks', to_jsonb(v_failed)));
  elsif v_verdict = 'passed' then
    perform backup.resolve_alert('verification_failed');
  end if;

  -- An inconclusive verification does not clear an earlier failure: it did not look.
  if v_verdict = 'inconclusive' then
    perform backup.raise_alert('verification_inconclusive', 'warning',
      format('verification could not be completed: %s', coalesce(array_to_string(v_inconclusive, ', '), 'every check was skipped')),
      jsonb_build_object('verification_id', p_verification_id, 'run_id', v_verification.run_id, 'checks', to_jsonb(v_inconclusive)));
  else
    perform backup.resolve_alert('verification_inconclusive');
  end if;
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
-- Locks: the run row, shared. Errors: HF003 the run has ended, HF004 the claim is no longer held.
create or replace function backup.held_chunks(p_run_id text, p_claim_id uuid)
returns setof backup.chunks
language plpgsql
set search_path = ''
as $$
declare
  v_state backup.run_state;
begin
  select r.state into v_state from backup.runs r where r.run_id = p_run_id for share;
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

-- sql/functions/fingerprint_expression.sql
-- backup.fingerprint_expression(p_relid)
--
-- Why: a restore is proven by comparing contents, so the hash of a row must differ whenever its COPY text differs
-- and must not depend on object ids, row order, server or version.
-- Only types whose hash function is faithful are hashed natively. Everything else goes through its output function
-- (row(…)::text does that and keeps NULL apart from the empty string), because the native hash would
--   call 1.0 and 1.00 equal (numeric, jsonb), or 0 and -0 (float), ignore trailing blanks (bpchar) or case (citext),
--   or depend on object ids (enum, reg*), or not exist (json, xml, geometric types).
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
           t.typnamespace = 'pg_catalog'::regnamespace
           and t.typname = any (array['int2', 'int4', 'int8', 'bool', 'uuid', 'text', 'varchar', 'name', 'char', 'bytea',
                                      'date', 'time', 'timestamp', 'timestamptz', 'oid', 'macaddr', 'pg_lsn']::name[])
           and coalesce(c.collisdeterministic, true) as native
    from base b
    join pg_catalog.pg_type t on t.oid = b.typid
    left join pg_catalog.pg_collation c on c.oid = b.attcollation
    where t.typtype <> 'd'
  ),
  parts as (
    select pg_catalog.string_agg(reference, ', ' order by attnum) filter (where native) as natives,
           pg_catalog.string_agg(reference, ', ' order by attnum) filter (where not native) as others
    from columns
  )
  select 'pg_catalog.hash_record_extended(row('
         || pg_catalog.concat_ws(', ', natives, 'row(' || others || ')::text')
         || '), 0)'
  from parts
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

-- sql/functions/finish_run.sql
-- requires: functions/held_chunks.sql, functions/complete_chunks.sql, tables/runs.sql
-- backup.finish_run(p_run_id, p_claim_id, p_chunk_no, p_manifest)
--
-- Why: the manifest is in the bucket, so the backup exists; the ledger follows in one transaction. Ending the run releases
-- the keeper. p_manifest: {key, sha256, bytes}. Errors: HF003, HF004, HF304 an unfinished chunk is left.
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
         rows = (select coalesce(sum(t.rows), 0) from backup.run_tables t where t.run_id = p_run_id),
         raw_bytes = c.raw_bytes, stored_bytes = c.stored_bytes
    from (select coalesce(sum(c.raw_bytes), 0) as raw_bytes, coalesce(sum(c.stored_bytes), 0) as stored_bytes
          from backup.chunks c where c.run_id = p_run_id and c.state = 'done') c
   where r.run_id = p_run_id;
end;
$$;

comment on function backup.finish_run(text, uuid, integer, jsonb) is 'Makes a run a restore point once its manifest is stored. Errors: HF003, HF004, HF304.';
revoke all on function backup.finish_run(text, uuid, integer, jsonb) from public;

-- sql/functions/globals.sql
-- requires: tables/settings.sql
-- backup.globals()
--
-- Why: what a database needs besides its schemas: roles, memberships, settings, extensions, scheduled jobs. Platform roles
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
  'Roles, memberships, settings, extensions and scheduled jobs as JSON; cron_jobs is null without pg_cron. Errors: HF305.';
revoke all on function backup.globals() from public;

-- sql/functions/hand_over_check.sql
-- backup.hand_over_check(verification id, check name)
--
-- Why: an Edge Function lives for minutes; a check of a large table may need hours. pg_cron runs it inside the
-- database. The job removes itself and commits before it starts to work, so a crash cannot make it run twice.
-- "N seconds" schedules need pg_cron 1.5; an older one waits for the next minute.
create or replace function backup.hand_over_check(p_verification_id uuid, p_check_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_job_name text := format('holdfast-check-%s-%s', p_check_name, p_verification_id);
  v_command  text;
  v_reason   text;
begin
  update backup.verification_checks c
  set state = 'background', job_name = v_job_name, started_at = clock_timestamp()
  where c.verification_id = p_verification_id and c.check_name = p_check_name and c.state in ('pending', 'running');
  if not found then
    return false;
  end if;

  v_command := format(
    'begin; select cron.unschedule(%1$L); commit; begin; set local statement_timeout = %2$L; set local search_path = ''''; select backup.run_background_check(%3$L, %4$L); commit;',
    v_job_name,
    (select (extract(epoch from s.background_timeout) * 1000)::bigint from backup.settings s),
    p_verification_id, p_check_name);

  if pg_catalog.to_regnamespace('cron') is null then
    v_reason := 'it ran longer than backup.settings.check_timeout, and pg_cron is not installed to run it in the background';
  else
    begin
      execute 'select cron.schedule($1, $2, $3)' using v_job_name, '5 seconds', v_command;
      return true;
    exception when others then
      null; -- this pg_cron knows no seconds
    end;
    begin
      execute 'select cron.schedule($1, $2, $3)' using v_job_name, '* * * * *', v_command;
      return true;
    exception when others then
      v_reason := format('it ran longer than backup.settings.check_timeout, and pg_cron refused the job: error %s: %s', sqlstate, sqlerrm);
    end;
  end if;

  perform backup.record_findings(p_verification_id, p_check_name, jsonb_build_array(jsonb_build_object(
    'subject', p_check_name, 'verdict', 'inconclusive', 'expected', 'an answer', 'actual', v_reason,
    'evidence', jsonb_build_object('repeat_with', format('select * from backup.%I();', p_check_name)))), null);
  return false;
end
$$;

comment on function backup.hand_over_check(uuid, text) is
  'Schedules a one-off pg_cron job that runs a check without the limits of a function; true when it will. Without pg_cron the check becomes inconclusive with the reason.';
revoke all on function backup.hand_over_check(uuid, text) from public;

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
    exit when not found or v_state in ('complete', 'failed');
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

-- sql/functions/keeper_command.sql
-- backup.keeper_command(p_run_id)
--
-- Why: the same text makes a keeper of any session: a pg_cron job, the command, or psql. Two transactions, because the
-- claim must be visible to others while the second one holds the snapshot. No timeout may end it early.
create or replace function backup.keeper_command(p_run_id text)
returns text
language sql
immutable
set search_path = ''
as $$
  select pg_catalog.format(
    'set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; '
    'begin; select backup.claim_keeper(%L); commit; '
    'begin isolation level read committed; select backup.hold_snapshot(%L); commit',
    p_run_id, p_run_id)
$$;

comment on function backup.keeper_command(text) is 'SQL text that turns a session into the keeper of a run. It returns when the run has ended.';
revoke all on function backup.keeper_command(text) from public;

-- sql/functions/plan_tables.sql
-- requires: functions/included_schemas.sql, functions/fingerprint_expression.sql, types/table_status.sql, tables/settings.sql
-- backup.plan_tables()
--
-- Why: says for every table what happens to its rows, so that nothing is left out in silence. Runs inside the
-- snapshot: pg_class is read as of the snapshot, sizes and storage files as of now. A table that is not readable, or that
-- was rewritten between snapshot and plan, is an error and not a gap.
-- Locks: ACCESS SHARE on the tables that are counted. Errors: HF305 not readable, HF301 rewritten.
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
  v_count_limit bigint := (select s.count_at_plan_bytes from backup.settings s);
  v_table record;
begin
  for v_table in
    select n.nspname, c.relname, c.oid, c.relkind, c.relpersistence, c.relfilenode,
           e.extname,
           n.nspname in (select backup.included_schemas()) as included,
           array(select a.attname::text from pg_catalog.pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                 order by a.attnum) as columns
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    left join pg_catalog.pg_extension e on e.oid = d.refobjid
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
      when v_table.relpersistence = 't' then 'temporary table'
      when v_table.extname is not null then format('belongs to extension %s', v_table.extname)
    end;
    if reason is null then
      if not pg_catalog.has_table_privilege(v_table.oid, 'select') then
        raise exception using
          errcode = 'HF305',
          message = format('table %I.%I cannot be read', schema_name, table_name),
          detail  = format('Role %I has no SELECT privilege.', current_user),
          hint    = format('Run grant select on %I.%I to %I, or add the schema to backup.settings.excluded_schemas.',
                           schema_name, table_name, current_user);
      end if;
      status := 'pending';
      filenode := pg_catalog.pg_relation_filenode(v_table.oid);
      if filenode is distinct from v_table.relfilenode then
        raise exception using
          errcode = 'HF301',
          message = format('table %I.%I was rewritten or dropped while the run began', schema_name, table_name),
          hint    = 'Start the run again when migrations and VACUUM FULL have ended.';
      end if;
      pages := pg_catalog.pg_relation_size(v_table.oid) / pg_catalog.current_setting('block_size')::integer;
      total_bytes := pg_catalog.pg_table_size(v_table.oid);
      fingerprint_expression := backup.fingerprint_expression(v_table.oid);
      if total_bytes <= v_count_limit then
        execute format('select count(*) from only %I.%I', schema_name, table_name) into planned_rows;
      end if;
    end if;
    return next;
  end loop;
end;
$$;

comment on function backup.plan_tables() is
  'Every table of the database with what a backup does with its rows, as backup.run_tables stores it. Errors: HF301, HF305.';
revoke all on function backup.plan_tables() from public;

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

-- sql/functions/record_plan.sql
-- requires: functions/held_chunks.sql, functions/chunk_ranges.sql, tables/run_tables.sql, tables/settings.sql
-- backup.record_plan(p_run_id, p_claim_id, p_tables, p_schema_fingerprint, p_snapshot_xids)
--
-- Why: planning reads inside the snapshot, which is read only; this writes down what it found, in one transaction with the
-- completion of the plan chunk, so that a plan exists once or not at all. Big tables come first: they decide the time.
-- Errors: HF003, HF004.
create or replace function backup.record_plan(
  p_run_id text, p_claim_id uuid, p_tables jsonb, p_schema_fingerprint text, p_snapshot_xids text)
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
    union all select 'sequences', null, null, null, null, 0, -1
    union all select 'manifest', null, null, null, null, 0, -2
  )
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes)
  select p_run_id,
         v_plan + row_number() over (order by kind in ('data', 'sequences', 'manifest'), size desc, schema_name, table_name, first_tid),
         kind, schema_name, table_name, first_tid, end_tid, estimated_bytes
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

comment on function backup.record_plan(text, uuid, jsonb, text, text) is
  'Stores the tables of a run and makes its chunks; returns how many. Errors: HF003, HF004.';
revoke all on function backup.record_plan(text, uuid, jsonb, text, text) from public;

-- sql/functions/release_chunks.sql
-- requires: functions/held_chunks.sql, functions/fail_run.sql, tables/settings.sql
-- backup.release_chunks(p_run_id, p_claim_id, p_code, p_message, p_retry)
--
-- Why: a worker that meets an error gives its chunks back at once, so that nobody waits for the lease. With p_retry they
-- may be claimed again after a back-off that doubles (2 s, 4 s, 8 s, … at most 5 minutes); without it, or when a chunk's
-- attempts are spent, the run fails with this error.
-- Returns whether the chunks will be tried again. Errors: HF003, HF004.
create or replace function backup.release_chunks(p_run_id text, p_claim_id uuid, p_code text, p_message text, p_retry boolean)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_max_attempts integer := (select s.max_attempts from backup.settings s);
  v_attempts     integer;
begin
  select max(h.attempts) into v_attempts from backup.held_chunks(p_run_id, p_claim_id) h;
  update backup.chunks c
     set state = 'pending', claim_id = null, lease_until = null, error_code = p_code, error_message = p_message,
         not_before = clock_timestamp() + least(make_interval(secs => 2 ^ least(c.attempts, 10)), interval '5 minutes')
   where c.run_id = p_run_id and c.claim_id = p_claim_id and c.state = 'claimed';
  if p_retry and v_attempts < v_max_attempts then
    return true;
  end if;
  perform backup.fail_run(p_run_id, p_code, p_message,
    case when p_retry then format('Given up after %s attempts.', v_attempts) end);
  return false;
end;
$$;

comment on function backup.release_chunks(text, uuid, text, text, boolean) is
  'Gives claimed chunks back after an error: to be tried again later, or to fail the run. Errors: HF003, HF004.';
revoke all on function backup.release_chunks(text, uuid, text, text, boolean) from public;

-- sql/functions/replan_table.sql
-- requires: functions/held_chunks.sql, functions/chunk_ranges.sql, tables/run_tables.sql
-- backup.replan_table(p_run_id, p_claim_id, p_chunk_no, p_filenode, p_pages, p_total_bytes, p_rows)
--
-- Why: VACUUM FULL and CLUSTER give every row another address, so ranges that were copied before no longer tell which rows
-- are missing. When the snapshot still sees as many rows as at planning time the table is copied again from its first
-- chunk; objects that were stored for it stay behind as debris. Otherwise (TRUNCATE, a rewriting ALTER, a table too big to
-- have been counted) the rows of the snapshot are gone or cannot be proven to be there.
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

-- sql/functions/run_background_check.sql
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
  v_started timestamptz := clock_timestamp();
begin
  return backup.run_verification_check(p_verification_id, p_check_name);
exception when query_canceled then
  return backup.record_findings(p_verification_id, p_check_name, jsonb_build_array(jsonb_build_object(
    'subject', p_check_name, 'verdict', 'inconclusive',
    'expected', format('an answer within %s', (select s.background_timeout from backup.settings s)),
    'actual', 'the check was cancelled or ran longer',
    'evidence', jsonb_build_object('sqlstate', sqlstate,
      'raise_the_limit_with', 'update backup.settings set background_timeout = ''8 hours'' where id;'))),
    extract(epoch from clock_timestamp() - v_started) * 1000);
end
$$;

comment on function backup.run_background_check(uuid, text) is
  'Runs a handed-over check inside its pg_cron job; a timeout is recorded as inconclusive. Errors: HF006.';
revoke all on function backup.run_background_check(uuid, text) from public;

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
         min(c.not_before) filter (where c.phase = p.phase and c.state = 'pending') - clock_timestamp(),
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

-- sql/functions/schedule_once.sql
-- backup.schedule_once(p_job_name, p_command)
--
-- Why: pg_cron has no one-off jobs. The command has to unschedule p_job_name itself as its first step. Versions from 1.5 on
-- take seconds, which starts it at once; older ones start it at the next full minute.
-- Returns false where the database has no pg_cron; the caller then needs another session to run the command.
create or replace function backup.schedule_once(p_job_name text, p_command text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
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
  'Schedules a command as soon as pg_cron can. The command must unschedule the job itself. False without pg_cron.';
revoke all on function backup.schedule_once(text, text) from public;

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
    select pg_catalog.row('n', s.oid, s.nspname, s.nspowner, s.nspacl)::text from schemas s
    union all
    select pg_catalog.row('c', c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl, c.relpersistence,
               c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispartition, c.reloptions,
               pg_catalog.pg_get_expr(c.relpartbound, c.oid))::text
    from relations c
    union all
    select pg_catalog.row('a', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef,
               a.attgenerated, a.attidentity, a.attisdropped, a.attcollation, a.attacl, a.attoptions)::text
    from pg_catalog.pg_attribute a join relations c on c.oid = a.attrelid where a.attnum > 0
    union all
    select pg_catalog.row('d', d.oid, d.xmin)::text from pg_catalog.pg_attrdef d join relations c on c.oid = d.adrelid
    union all
    select pg_catalog.row('k', k.oid, k.xmin)::text from pg_catalog.pg_constraint k where k.connamespace in (select oid from schemas)
    union all
    select pg_catalog.row('i', i.indexrelid, i.indkey, i.indisvalid, i.indisready, i.indisunique)::text
    from pg_catalog.pg_index i join relations c on c.oid = i.indexrelid
    union all
    select pg_catalog.row('t', t.oid, t.xmin)::text from pg_catalog.pg_trigger t join relations c on c.oid = t.tgrelid
    union all
    select pg_catalog.row('r', r.oid, r.xmin)::text from pg_catalog.pg_rewrite r join relations c on c.oid = r.ev_class
    union all
    select pg_catalog.row('p', p.oid, p.xmin)::text from pg_catalog.pg_policy p join relations c on c.oid = p.polrelid
    union all
    select pg_catalog.row('f', p.oid, p.xmin)::text from pg_catalog.pg_proc p where p.pronamespace in (select oid from schemas)
    union all
    select pg_catalog.row('y', t.oid, t.xmin)::text from pg_catalog.pg_type t where t.typnamespace in (select oid from schemas)
    union all
    select pg_catalog.row('e', e.oid, e.xmin)::text
    from pg_catalog.pg_enum e join pg_catalog.pg_type t on t.oid = e.enumtypid where t.typnamespace in (select oid from schemas)
    union all
    select pg_catalog.row('x', x.oid, x.extname, x.extversion)::text from pg_catalog.pg_extension x
  )
  select pg_catalog.md5(pg_catalog.string_agg(fact, E'\n' order by fact collate "C")) from facts
$$;

comment on function backup.schema_fingerprint() is
  'Hash of the catalog of all included schemas, to notice DDL during an export. Not comparable between databases.';
revoke all on function backup.schema_fingerprint() from public;

-- sql/functions/sequence_values.sql
-- requires: functions/included_schemas.sql
-- backup.sequence_values()
--
-- Why: sequences are not transactional. They are read last, so that a restored nextval() is never behind the data.
-- Errors: HF305 a sequence cannot be read.
create or replace function backup.sequence_values()
returns table (schema_name text, sequence_name text, last_value bigint, is_called boolean)
language plpgsql
volatile
set search_path = ''
as $$
begin
  for schema_name, sequence_name in
    select n.nspname, c.relname
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname in (select backup.included_schemas())
    order by n.nspname, c.relname
  loop
    if not has_sequence_privilege(format('%I.%I', schema_name, sequence_name), 'select') then
      raise exception using errcode = 'HF305',
        message = format('sequence %I.%I cannot be read', schema_name, sequence_name),
        hint = format('Run grant select on sequence %I.%I to %I.', schema_name, sequence_name, current_user);
    end if;
    execute format('select s.last_value, s.is_called from %I.%I s', schema_name, sequence_name) into last_value, is_called;
    return next;
  end loop;
end;
$$;

comment on function backup.sequence_values() is 'Position of every sequence of the included schemas now, as setval() takes it. Errors: HF305.';
revoke all on function backup.sequence_values() from public;

-- sql/functions/settle_tables.sql
-- requires: tables/run_tables.sql, tables/chunks.sql, functions/fingerprint_of_sum.sql
-- backup.settle_tables(p_run_id)
--
-- Why: the totals of a table are the sums over its chunks. A table that was counted in the snapshot must have been copied
-- with exactly that many rows. Called before the manifest is written.
-- Errors: HF304 copied rows do not add up.
create or replace function backup.settle_tables(p_run_id text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_wrong record;
  v_count integer;
begin
  with totals as (
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
  return v_count;
end;
$$;

comment on function backup.settle_tables(text) is 'Computes rows and fingerprint of every table of a run from its chunks. Errors: HF304.';
revoke all on function backup.settle_tables(text) from public;

-- sql/functions/split_chunk.sql
-- requires: functions/held_chunks.sql, tables/run_tables.sql
-- backup.split_chunk(p_run_id, p_claim_id, p_chunk_no)
--
-- Why: a range can hold far more text than its pages suggest. It is halved by pages, and inside one page by row numbers,
-- until it is a single row. Returns false when it cannot be split further.
-- Errors: HF003, HF004.
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
  -- New numbers come from max() + 1, so two splits of a run must not look at the same time.
  perform from backup.runs r where r.run_id = p_run_id for no key update;
  select h.* into v_chunk from backup.held_chunks(p_run_id, p_claim_id) h where h.chunk_no = p_chunk_no and h.kind = 'data';
  if not found then
    raise exception using errcode = 'HF004', message = format('claim %s does not hold data chunk %s', p_claim_id, p_chunk_no),
      hint = 'The lease ran out and another worker took over. Drop the result.';
  end if;
  v_pages := (select t.pages from backup.run_tables t
              where (t.run_id, t.schema_name, t.table_name) = (p_run_id, v_chunk.schema_name, v_chunk.table_name));
  v_first := trim(both '()' from '{' || trim(both '()' from v_chunk.first_tid::text) || '}')::bigint[];
  v_end := case when v_chunk.end_tid is null then array[greatest(v_pages, v_first[1] + 2), 0]
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
  'Replaces a claimed data chunk by two halves; false when it is down to one row. Errors: HF003, HF004.';
revoke all on function backup.split_chunk(text, uuid, integer) from public;

-- sql/functions/start_run.sql
-- requires: tables/runs.sql, tables/chunks.sql, tables/settings.sql, functions/schedule_keeper.sql
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
  if v_tier is null then
    select case
        when count(*) filter (where r.snapshot_at >= date_trunc('month', v_now, 'UTC')) = 0 then 'monthly'
        when count(*) filter (where r.snapshot_at >= date_trunc('week', v_now, 'UTC')) = 0 then 'weekly'
        else 'daily' end::backup.tier
      into v_tier
    from backup.runs r where r.state = 'complete';
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
      hint    = 'Wait for it, or end it with select backup.fail_run(''<run id>'', ''HF003'', ''cancelled by operator'').';
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

-- sql/functions/table_fingerprint.sql
-- requires: functions/fingerprint_expression.sql, functions/fingerprint_of_sum.sql
-- backup.table_fingerprint(p_table)
--
-- Why: lets a person compare a live table with a backup by hand.
-- Locks: ACCESS SHARE on the table. Reads every row.
create or replace function backup.table_fingerprint(p_table regclass, out rows bigint, out fingerprint text)
language plpgsql
stable
set search_path = ''
set row_security = off
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
    'check_sequences',
    'check_row_security',
    'check_critical_data',
    'run_sample_queries',
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

reset check_function_bodies;
