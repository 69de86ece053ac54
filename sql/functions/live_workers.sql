-- requires: tables/chunks.sql, tables/tickets.sql
-- backup.live_workers(p_run_id)
--
-- Why: how many workers a run has, without asking them: those with a running lease, and those whose ticket was issued so
-- recently that they may not have claimed anything yet. Counting too many only delays help until the next minute.
create or replace function backup.live_workers(p_run_id text)
returns integer
language sql
stable
set search_path = ''
as $$
  select (select count(distinct c.claimed_by) from backup.chunks c
          where c.run_id = p_run_id and c.state = 'claimed' and c.lease_until > clock_timestamp())::integer
       + (select count(*) from backup.tickets t
          where t.run_id = p_run_id and t.issued_at > clock_timestamp() - interval '20 seconds')::integer
$$;

comment on function backup.live_workers(text) is 'Estimate of the functions that work on a run right now.';
revoke all on function backup.live_workers(text) from public;
