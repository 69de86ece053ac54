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
