-- requires: functions/orphaned_scratch_databases.sql, functions/dispatch.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup.reap_scratch_databases()
--
-- Why: drop database cannot run inside a transaction, so the database asks an Edge Function for it: at once when it finds
-- an orphan, then every ten minutes. What a first attempt has not removed needs a person.
-- Returns how many functions were dispatched.
create or replace function backup.reap_scratch_databases()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_names text;
  v_last  timestamptz;
begin
  select string_agg(o.database_name, ', ') into v_names from backup.orphaned_scratch_databases() o;
  if v_names is null then
    perform backup.resolve_alert('scratch_database_left');
    return 0;
  end if;
  select max(t.issued_at) into v_last from backup.tickets t
  where t.function_name = 'restore-drill' and t.body ->> 'action' = 'reap';
  if v_last > clock_timestamp() - interval '10 minutes' then
    return 0;
  end if;
  if v_last is not null then
    perform backup.raise_alert('scratch_database_left', 'warning',
      format('A restore drill has left a scratch database that could not be dropped: %s', v_names));
  end if;
  perform backup.dispatch('restore-drill', '{"action": "reap"}');
  return 1;
end;
$$;

comment on function backup.reap_scratch_databases() is
  'Sends an Edge Function to drop scratch databases of drills that are over; returns how many it sent. Raises alert scratch_database_left when one stays.';
revoke all on function backup.reap_scratch_databases() from public;
