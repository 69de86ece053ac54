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
