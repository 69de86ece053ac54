-- requires: tables/prices.sql, tables/settings.sql, views/restore_points.sql, functions/wanted_schedules.sql, functions/next_runs.sql
-- backup.strategy_costs()
--
-- Why: what a strategy costs in a month once it has run long enough that as much expires as is added. An estimate: every
-- run is taken to be as large as the newest of its tier, and prices are those of backup.prices.
-- Tiers: the first export of a month is monthly, of a week weekly. Where there are fewer exports than weeks, none is daily.
create or replace function backup.strategy_costs()
returns table (item text, storage_class text, runs numeric, bytes numeric, usd_per_month numeric, basis text)
language sql
stable
set search_path = ''
as $$
  with rate as (
    select coalesce(sum(59 / nullif(extract(epoch from t.last_at - t.first_at) / 86400, 0)), 0) as per_day
    from backup.wanted_schedules() w
    cross join lateral (select min(n) as first_at, max(n) as last_at from backup.next_runs(w.schedule, 60) n) t
    where w.job_name like 'holdfast-export%'
  ), newest as (
    select distinct on (p.tier) p.tier, p.run_id, p.stored_bytes from backup.restore_points p order by p.tier, p.snapshot_at desc
  ), any_tier as (
    select p.run_id, p.stored_bytes from backup.restore_points p order by p.snapshot_at desc limit 1
  ), monthly as (
    select least(r.per_day, 12 / 365.25) as per_day from rate r
  ), weekly as (
    select least(r.per_day, 1 / 7.0) - m.per_day * least(1, 1 / 7.0 / nullif(r.per_day, 0)) as per_day from rate r, monthly m
  ), tiers as (
    select 'monthly'::backup.tier as tier, m.per_day from monthly m
    union all select 'weekly', w.per_day from weekly w
    union all select 'daily', r.per_day - m.per_day - w.per_day from rate r, monthly m, weekly w
  ), stored as (
    select t.tier, c.storage_class, t.per_day * c.days as runs, t.per_day * c.days * coalesce(n.stored_bytes, a.stored_bytes) as bytes,
           coalesce(n.run_id, a.run_id) as run_id, pr.usd_per_gb, pr.usd_per_gb_retrieved, pr.thaw
    from tiers t
    cross join any_tier a
    left join newest n on n.tier = t.tier
    cross join lateral (
      select coalesce(p.storage_class, 'STANDARD') as storage_class, extract(epoch from p.retention) / 86400 as days
      from backup.policies p where p.provider = 'aws_s3' and p.tier = t.tier order by p.retention desc limit 1) c
    join backup.prices pr on pr.item = c.storage_class
    where t.per_day > 0.0001
  ), moved as (
    select 1 as position, 'exports' as item, null::text as storage_class, r.per_day * 30.4375 as runs, r.per_day * 30.4375 * a.stored_bytes as bytes,
           pr.usd_per_gb as price, 'leave Supabase on their way to the bucket' as basis
    from rate r cross join any_tier a join backup.prices pr on pr.item = 'egress_supabase'
    union all
    select 2, 'verifications', null, null, sum(st.bytes) / s.object_sample_share * 30.4375 / 7,
           pr.usd_per_gb + sum(st.bytes * st.usd_per_gb_retrieved) / nullif(sum(st.bytes), 0),
           format('read 1 object in %s of every restore point that needs no thaw, weekly', s.object_sample_share)
    from stored st cross join backup.settings s join backup.prices pr on pr.item = 'egress_s3'
    where st.thaw is null
    group by s.object_sample_share, pr.usd_per_gb
    union all
    select 3, 'drills', null, 1, a.stored_bytes, pr.usd_per_gb, 'read one restore point a month'
    from any_tier a join backup.prices pr on pr.item = 'egress_s3'
  )
  select c.item, c.storage_class, round(c.runs::numeric, 1), round(c.bytes::numeric), round(c.usd::numeric, 4), c.basis
  from (
    select 0 as position, s.tier, s.tier::text as item, s.storage_class, s.runs, s.bytes, s.bytes / 1e9 * s.usd_per_gb as usd,
           format('kept at steady state, each as large as %s', s.run_id) as basis
    from stored s
    union all
    select m.position, null, m.item, m.storage_class, m.runs, m.bytes, m.bytes / 1e9 * m.price, m.basis from moved m
  ) as c
  where (select r.per_day from rate r) > 0
  order by c.position, c.tier
$$;

comment on function backup.strategy_costs() is
  'Estimated cost per month of the exports that are on, at steady state: storage per tier, then what exports, verifications and drills move. No rows while no S3 policy is on or no export has completed.';
revoke all on function backup.strategy_costs() from public;
