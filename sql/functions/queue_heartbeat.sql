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
