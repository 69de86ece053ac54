-- requires: tables/policies.sql, tables/runs.sql, functions/next_run.sql, functions/wanted_schedules.sql
-- backup.policy_next_runs(p_now)
--
-- Why: a policy without a schedule gets the first export of its period, so its next run depends on what there is already.
create or replace function backup.policy_next_runs(p_now timestamptz default now())
returns table (policy_name text, next_run_at timestamptz)
language sql
stable
set search_path = ''
as $$
  with policy as (
    select p.*, case p.frequency when 'weekly' then 'week' when 'monthly' then 'month' else 'day' end as unit
    from backup.policies p where p.enabled and p.provider <> 'supabase'
  ), after as (
    select p.*, case when exists (select from backup.runs r where r.state = 'complete' and r.snapshot_at >= date_trunc(p.unit, p_now, 'UTC'))
                     then date_trunc(p.unit, p_now, 'UTC') + ('1 ' || p.unit)::interval - interval '1 second'
                     else p_now end as free_at
    from policy p
  )
  select a.name, coalesce(backup.next_run(a.schedule, p_now),
    case when a.provider = 'aws_s3' then
      (select min(backup.next_run(w.schedule, a.free_at)) from backup.wanted_schedules() w where w.job_name like 'holdfast-export%') end)
  from after a
$$;

comment on function backup.policy_next_runs(timestamptz) is 'When the backups of each enabled policy of Holdfast are due next. Null: no schedule leads to one.';
revoke all on function backup.policy_next_runs(timestamptz) from public;
