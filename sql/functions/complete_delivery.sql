-- requires: tables/alert_deliveries.sql
-- backup.complete_delivery(p_delivery_id, p_claim_id, p_status_code)
--
-- Why: the receiver has it. Returns false when the claim was lost: another function has sent it too, and its report counts.
create or replace function backup.complete_delivery(p_delivery_id bigint, p_claim_id uuid, p_status_code integer)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update backup.alert_deliveries d
     set state = 'sent', status_code = p_status_code, error = null, finished_at = clock_timestamp(), claim_id = null, lease_until = null
   where d.delivery_id = p_delivery_id and d.claim_id = p_claim_id;
  return found;
end
$$;

comment on function backup.complete_delivery(bigint, uuid, integer) is 'Records that a message has arrived; false when the claim is no longer held.';
revoke all on function backup.complete_delivery(bigint, uuid, integer) from public;
