-- requires: tables/tickets.sql
-- backup.claim_ticket(p_ticket_id, p_function_name)
--
-- Why: a ticket opens one function once. Unknown, used, expired and foreign tickets get the same answer, so that trying
-- tells nothing. Errors: HF101.
create or replace function backup.claim_ticket(p_ticket_id uuid, p_function_name text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_body jsonb;
begin
  update backup.tickets t
     set claimed_at = clock_timestamp()
   where t.ticket_id = p_ticket_id and t.function_name = p_function_name
     and t.claimed_at is null and t.expires_at > clock_timestamp()
  returning t.body into v_body;
  if not found then
    raise exception using errcode = 'HF101', message = 'ticket is not valid',
      hint = 'A ticket starts one function once, within 5 minutes, in the database that issued it.';
  end if;
  return v_body;
end;
$$;

comment on function backup.claim_ticket(uuid, text) is 'Uses up a ticket and returns what the function is to do. Errors: HF101.';
revoke all on function backup.claim_ticket(uuid, text) from public;
