-- requires: tables/tickets.sql, tables/settings.sql, functions/functions_url.sql
-- backup.dispatch(p_function_name, p_body, p_run_id)
--
-- Why: the one way the database starts a function. The ticket is committed together with the request that carries it, so a
-- function that receives it finds it, and only in the database that issued it. Where pg_net or the URL is missing, the
-- ticket waits for a clock outside the database to deliver it.
-- Returns the ticket.
create or replace function backup.dispatch(p_function_name text, p_body jsonb default '{}', p_run_id text default null)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_ticket uuid := gen_random_uuid();
  v_url    text := backup.functions_url();
  v_posted boolean := v_url is not null and not (select s.external_clock from backup.settings s)
    and to_regprocedure('net.http_post(text,jsonb,jsonb,jsonb,integer)') is not null;
begin
  insert into backup.tickets (ticket_id, function_name, body, run_id, expires_at, posted)
  values (v_ticket, p_function_name, p_body, p_run_id, clock_timestamp() + interval '5 minutes', v_posted);
  if v_posted then
    execute 'select net.http_post(url := $1, body := $2, headers := $3, timeout_milliseconds := 10000)'
      using v_url || '/' || p_function_name, '{}'::jsonb,
            jsonb_build_object('Content-Type', 'application/json', 'x-holdfast-ticket', v_ticket);
  end if;
  return v_ticket;
end;
$$;

comment on function backup.dispatch(text, jsonb, text) is
  'Issues a one-time ticket and posts it to an Edge Function with pg_net. The ticket is valid for 5 minutes.';
revoke all on function backup.dispatch(text, jsonb, text) from public;
