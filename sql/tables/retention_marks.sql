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
