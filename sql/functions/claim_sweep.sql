-- requires: tables/retention_marks.sql, tables/runs.sql, tables/drills.sql
-- backup.claim_sweep(p_now, p_lease)
--
-- Why: one process deletes a run at a time, and when it dies another goes on. A run that a drill restores waits. Claiming changes
-- nothing about the run: whoever claims looks into the bucket first, and then asks backup.begin_sweep().
create or replace function backup.claim_sweep(p_now timestamptz default clock_timestamp(), p_lease interval default '5 minutes')
returns table (run_id text, claim_id uuid, object_prefix text)
language sql
set search_path = ''
as $$
  update backup.retention_marks m
     set claim_id = gen_random_uuid(), lease_until = p_now + p_lease
    from backup.runs r
   where r.run_id = m.run_id
     and m.run_id = (
       select o.run_id from backup.retention_marks o
       where o.swept_at is null and o.delete_after <= p_now and o.not_before <= p_now
         and (o.lease_until is null or o.lease_until <= p_now)
         and not exists (select from backup.drills d where d.run_id = o.run_id and d.state = 'running')
       order by o.delete_after, o.run_id limit 1 for update skip locked)
  returning m.run_id, m.claim_id, r.object_prefix
$$;

comment on function backup.claim_sweep(timestamptz, interval) is
  'Takes one marked run whose grace period is over to be deleted, for the time of a lease; no row when there is none.';
revoke all on function backup.claim_sweep(timestamptz, interval) from public;
