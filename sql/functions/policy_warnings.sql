-- requires: tables/policies.sql, tables/objectives.sql, tables/prices.sql, tables/runs.sql, functions/next_runs.sql
-- backup.policy_warnings()
--
-- Why: a strategy can be valid and still not be what was meant. These are not refused, because each can be meant. Policies
-- that are off are looked at too: the time to hear of it is before they are turned on.
create or replace function backup.policy_warnings()
returns table (policy_name text, code text, message text)
language sql
stable
set search_path = ''
as $$
  with policy as (
    select p.*, extract(epoch from p.retention) / 86400 as days,
           (select extract(epoch from max(n) - min(n)) / 11 from backup.next_runs(p.schedule, 12) n) as gap,
           case p.frequency when 'daily' then 86400 when 'weekly' then 7 * 86400 when 'monthly' then 31 * 86400 end as period
    from backup.policies p
  ), size as (
    select r.stored_bytes from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1
  ), found as (
    select p.name, 'early_deletion' as code,
           format('%s is billed for %s days at least; of runs deleted after %s days the other %s are paid for nothing: %s',
             p.storage_class, c.minimum_days, round(p.days, 1), round(c.minimum_days - p.days, 1),
             coalesce((select format('about %s USD for a run of the size of the newest', round(c.usd_per_gb * s.stored_bytes / 1e9 * (c.minimum_days - p.days) / 30.4375, 4)) from size s),
                      format('about %s USD per GB', round(c.usd_per_gb * (c.minimum_days - p.days) / 30.4375, 5)))) as message
    from policy p join backup.prices c on c.item = p.storage_class where p.days < c.minimum_days
    union all
    select p.name, 'thaw_exceeds_rto',
           format('a run in %s can be read after up to %s, which is longer than the RTO of %s', p.storage_class, c.thaw, o.target)
    from policy p join backup.prices c on c.item = p.storage_class join backup.objectives o on o.name = 'rto' where c.thaw > o.target
    union all
    select p.name, 'schedule_too_rare',
           format('the schedule %s runs every %s days on average, rarer than %s', p.schedule, round((p.gap / 86400)::numeric, 1), p.frequency)
    from policy p where p.gap > 1.05 * p.period
    union all
    select p.name, 'kept_shorter_than_period', format('a run is deleted after %s days, before the next %s one is due', round(p.days, 1), p.frequency)
    from policy p where p.days * 86400 < p.period
  )
  select f.name, f.code, f.message from found f order by f.name, f.code
$$;

comment on function backup.policy_warnings() is
  'What is allowed in backup.policies but may not be meant: early deletion that costs money, thawing longer than the RTO, schedules rarer than the frequency, runs gone before the next. Enabled or not.';
revoke all on function backup.policy_warnings() from public;
