-- requires: types/tier.sql, types/run_state.sql, tables/runs.sql, tables/drills.sql, tables/policies.sql, tables/settings.sql, views/restore_points.sql
-- backup.retention_plan(p_now)
--
-- Why: the one place that says which run may go. It only answers; marking and deleting ask it.
-- A complete run is kept for the retention of its tier, counted from its snapshot and never from its name. By the calendar (UTC,
-- ISO weeks) the first complete run of a day, week or month is also kept for the retention of that tier, whatever its own tier
-- is. A deleted run still counts as the first of its period, or the run after it would take its place and stay once more as long.
-- Whatever their age, the newest verified and the newest complete runs are kept, so many of each as backup.settings says. A run
-- dated ahead of p_now, by a clock that was wrong, is kept for its time and stands for none of these: it would be the newest for years.
-- Failed runs count for nothing and go when they are no longer of interest to who looks for the reason.
-- Errors: HF600 no policy gives a tier a retention.
create or replace function backup.retention_plan(p_now timestamptz default now())
returns table (run_id text, tier backup.tier, state backup.run_state, snapshot_at timestamptz, verified boolean,
               decision text, reasons text[], expires_at timestamptz)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
  if not exists (select from backup.policies p where p.provider = 'aws_s3' and p.tier is not null) then
    raise exception using errcode = 'HF600', message = 'no policy gives a tier of exports a retention',
      detail = 'Without one every run would expire.',
      hint = 'Set one with holdfast policies set secondary_weekly --retention "90 days".';
  end if;
  return query
  with policy as (
    select p.tier, max(p.retention) as retention, case p.tier when 'daily' then 'day' when 'weekly' then 'week' else 'month' end as period
    from backup.policies p where p.provider = 'aws_s3' and p.tier is not null group by p.tier
  ), setting as (
    select s.retention_minimum, s.retention_debris_age from backup.settings s
  ), proven as materialized (
    -- Looked up by hash: joined, a plan made while there were few runs is quadratic with many. The array, so that the view looks
    -- at no run that no drill has passed.
    select v.run_id from backup.restore_points v
    where v.verified and v.run_id = any (array(select d.run_id from backup.drills d where d.verdict = 'passed'))
  ), good as (
    select r.run_id, r.tier, r.state, r.snapshot_at as snapshot_at, r.snapshot_at at time zone 'UTC' as taken,
           v.verified,
           row_number() over (partition by r.state order by r.snapshot_at > p_now, r.snapshot_at desc, r.run_id desc) as newness,
           row_number() over (partition by r.state, v.verified order by r.snapshot_at > p_now, r.snapshot_at desc, r.run_id desc) as newness_among_verified,
           row_number() over (partition by date_trunc('day', r.snapshot_at at time zone 'UTC') order by r.snapshot_at, r.run_id) = 1 as first_of_day,
           row_number() over (partition by date_trunc('week', r.snapshot_at at time zone 'UTC') order by r.snapshot_at, r.run_id) = 1 as first_of_week,
           row_number() over (partition by date_trunc('month', r.snapshot_at at time zone 'UTC') order by r.snapshot_at, r.run_id) = 1 as first_of_month
    from backup.runs r cross join lateral (select r.run_id in (select o.run_id from proven o) as verified) v
    where r.state in ('complete', 'expired')
  ), judged as (
    select g.run_id, g.tier, g.state, g.snapshot_at, g.verified, t.until,
           coalesce(t.kept, '{}')
           || case when t.own then '{}'::text[] else array['no_policy'] end
           || case when g.verified and g.newness_among_verified = 1 then array['newest_verified'] else '{}' end
           || case when g.verified and g.newness_among_verified <= s.retention_minimum then array['minimum_verified'] else '{}' end
           || case when g.newness <= s.retention_minimum then array['minimum_complete'] else '{}' end as kept
    from good g cross join setting s
    cross join lateral (
      select array_agg(x.reason order by x.rank) filter (where x.until > p_now) as kept,
             max(x.until) as until, coalesce(bool_or(x.rank = 0), false) as own
      from (
        select 0 as rank, 'tier_' || p.tier as reason, (g.taken + p.retention) at time zone 'UTC' as until from policy p where p.tier = g.tier
        union all
        select 1 + case p.period when 'day' then 0 when 'week' then 1 else 2 end, 'first_of_' || p.period, (g.taken + p.retention) at time zone 'UTC'
        from policy p where case p.period when 'day' then g.first_of_day when 'week' then g.first_of_week else g.first_of_month end
      ) x
    ) t
    where g.state = 'complete'
    union all
    select r.run_id, r.tier, r.state, r.snapshot_at, false, r.finished_at + s.retention_debris_age,
           case when r.state <> 'failed' then array['active'] when r.finished_at + s.retention_debris_age > p_now then array['failed_lately'] else '{}' end
    from backup.runs r cross join setting s
    where r.state in ('starting', 'exporting', 'failed') and r.objects_deleted_at is null
    union all
    -- Once its manifest may be gone there is no way back.
    select r.run_id, r.tier, r.state, r.snapshot_at, false, null, '{}' from backup.runs r where r.state = 'expired' and r.objects_deleted_at is null
  )
  select j.run_id, j.tier, j.state, j.snapshot_at, j.verified,
         case when j.kept = '{}' then 'expire' else 'keep' end,
         case when j.kept <> '{}' then j.kept
              when j.state = 'failed' then array['failed'] when j.state = 'expired' then array['being_deleted'] else array['past_retention'] end,
         j.until
  from judged j
  order by j.snapshot_at desc nulls first, j.run_id desc;
end
$$;

comment on function backup.retention_plan(timestamptz) is
  'Every run that is not deleted, newest first, with keep or expire at a time, the reasons, and when the time of its tier and period ends. Decides only; nothing is marked or deleted. Errors: HF600.';
revoke all on function backup.retention_plan(timestamptz) from public;
