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
