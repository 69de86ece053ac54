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
