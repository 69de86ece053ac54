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
