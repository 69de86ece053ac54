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
