-- requires: tables/runs.sql, tables/chunks.sql
-- backup.run_progress(p_run_id)
--
-- Why: a worker that finds nothing to claim asks what to do: wait for a back-off, leave the rest to others, or stop.
create or replace function backup.run_progress(
  p_run_id text,
  out state backup.run_state, out chunks_done bigint, out chunks_total bigint, out bytes_done bigint, out bytes_total bigint,
  out claimable bigint, out next_claim_in interval, out failure_code text, out failure_message text)
language sql
stable
set search_path = ''
as $$
  select r.state,
         count(c) filter (where c.state = 'done'),
         count(c) filter (where c.state <> 'replaced'),
         coalesce(sum(c.estimated_bytes) filter (where c.state = 'done'), 0)::bigint,
         coalesce(sum(c.estimated_bytes) filter (where c.state <> 'replaced'), 0)::bigint,
         count(c) filter (where c.phase = p.phase and (
             (c.state = 'pending' and c.not_before <= clock_timestamp())
             or (c.state = 'claimed' and c.lease_until < clock_timestamp()))),
         -- Chunks that never failed have not_before -infinity, from which older servers cannot subtract.
         min(c.not_before) filter (where c.phase = p.phase and c.state = 'pending' and c.not_before > clock_timestamp())
           - clock_timestamp(),
         r.failure_code, r.failure_message
  from backup.runs r
  left join backup.chunks c on c.run_id = r.run_id
  left join lateral (select min(o.phase) as phase from backup.chunks o
                     where o.run_id = r.run_id and o.state in ('pending', 'claimed')) p on true
  where r.run_id = p_run_id
  group by r.run_id
$$;

comment on function backup.run_progress(text) is 'State of a run, how much is done, what can be claimed now and when the next back-off ends. Nulls for an unknown run.';
revoke all on function backup.run_progress(text) from public;
