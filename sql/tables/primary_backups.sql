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
