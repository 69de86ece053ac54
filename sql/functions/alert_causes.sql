-- requires: types/run_state.sql, tables/alert_deliveries.sql, functions/next_run.sql, functions/wanted_schedules.sql
-- backup.alert_causes(p_now)
--
-- Why: what does not happen raises no error, so somebody has to look. Everything here can be told from the ledger alone, by
-- pg_cron alone: no function, bucket or network has to be alive to notice that a backup is missing.
-- One row per cause. present: null when it cannot be told, which neither raises nor resolves. Causes about backups that
-- nobody asked for (no S3 policy is enabled) are not present. Causes that are events (a failed run, verification or drill)
-- are raised where they happen.
create or replace function backup.alert_causes(p_now timestamptz default now())
returns table (cause text, present boolean, severity text, message text, details jsonb)
language sql
stable
set search_path = ''
as $$
  with settings as (
    select * from backup.settings
  ), asked as (
    select min(p.scheduled_since) as since from backup.policies p where p.provider = 'aws_s3' and p.enabled
  ), newest as (
    select * from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1
  ), before as (
    select percentile_cont(0.5) within group (order by b.raw_bytes) as median, count(*) as runs
    from (select o.raw_bytes
          from (values ('complete'::backup.run_state), ('expired')) as states(state)
          -- Ten of each state are enough, and an index finds them.
          cross join lateral (select r.raw_bytes, r.snapshot_at from backup.runs r
                              where r.state = states.state and r.run_id <> (select n.run_id from newest n) order by r.snapshot_at desc limit 10) o
          order by o.snapshot_at desc limit 10) b
  ), ended as (
    select * from backup.runs r where r.finished_at is not null order by r.requested_at desc, r.run_id desc limit 1
  ), active as (
    select r.*, coalesce((select max(c.done_at) from backup.chunks c where c.run_id = r.run_id), r.keeper_claimed_at, r.requested_at) as last_progress
    from backup.runs r where r.state in ('starting', 'exporting')
  ), due as (
    -- The first time due after the last success is missed once it is over, and stays so until there is a success.
    select w.job_name, w.schedule,
           backup.next_run(w.schedule, greatest(
             coalesce((select max(p.scheduled_since) from backup.policies p
                       where p.provider = 'aws_s3' and p.enabled and coalesce(p.schedule, w.schedule) = w.schedule), a.since),
             case when w.job_name = 'holdfast-verify'
                  then (select max(v.started_at) from backup.verifications v where v.verdict is not null)
                  else (select n.snapshot_at from newest n) end)) as at
    from asked a cross join backup.wanted_schedules() w
    where a.since is not null and (w.job_name like 'holdfast-export%' or w.job_name = 'holdfast-verify')
  ), missed as (
    select d.job_name = 'holdfast-verify' as verification, min(d.at) as at
    from due d cross join settings s where d.at + s.missed_run_grace < p_now group by 1
  ), proven as (
    select max(d.finished_at) as at from backup.drills d where d.verdict = 'passed'
  ), jobs as (
    select j.job_name, j.error_code, j.error, j.started_at
    from (values ('tick'), ('export'), ('verify'), ('drill'), ('retention'), ('prune')) as names(job_name)
    cross join lateral (select * from backup.job_runs o where o.job_name = names.job_name order by o.started_at desc limit 1) j
    where j.status = 'failed'
  ), delivered as (
    -- The newest end on each channel tells whether it works, however old it is: silence repairs nothing. One that found no
    -- function has no channel, and counts while nothing has ended since. A channel that functions no longer know is gone: it has
    -- been skipped since, or something has been told without it.
    select d.channel, d.error
    from (select distinct on (e.channel) e.* from backup.alert_deliveries e
          where e.state in ('sent', 'failed') or e.error = 'channel is not configured'
          order by e.channel, e.finished_at desc, e.delivery_id desc) d
    where d.state = 'failed'
      and case when d.channel is null then not exists (select from backup.alert_deliveries l where l.finished_at > d.finished_at)
               when d.channel like 'heartbeat%' then true
               else not exists (
                 select from backup.alert_deliveries l
                 where l.alert_id is not null and l.queued_at > d.finished_at and (l.channel is not null or l.state = 'skipped')
                   and not exists (select from backup.alert_deliveries o where o.event_id = l.event_id and o.channel = d.channel)) end
  ), ledger as (
    select sum(pg_total_relation_size(c.oid)) as bytes from pg_catalog.pg_class c
    where c.relnamespace = 'backup'::regnamespace and c.relkind = 'r'
  )
  select 'missed_run', m.at is not null, 'critical',
         format('no export has succeeded since one was due at %s', to_char(m.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
         || case when n.run_id is null then '; there is no backup'
                 else format('; the newest backup is of %s', to_char(n.snapshot_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')) end,
         jsonb_build_object('due', m.at, 'newest', n.run_id)
  from asked left join missed m on not m.verification left join newest n on true
  union all
  select 'missed_verification', m.at is not null, 'warning',
         format('no verification has ended since one was due at %s', to_char(m.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
         jsonb_build_object('due', m.at)
  from asked left join missed m on m.verification
  union all
  select 'stuck_run', coalesce(a.last_progress + s.stuck_run_after < p_now, false), 'critical',
         format('export %s has stored nothing since %s', a.run_id, to_char(a.last_progress at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
         jsonb_build_object('run_id', a.run_id, 'last_progress', a.last_progress)
  from settings s left join active a on true
  union all
  select 'keeper_too_old', coalesce(a.keeper_claimed_at + s.keeper_max_age / 2 < p_now, false), 'warning',
         format('export %s has held back vacuum for more than half of settings.keeper_max_age (%s)', a.run_id, backup._duration_words(s.keeper_max_age)),
         jsonb_build_object('run_id', a.run_id, 'since', a.keeper_claimed_at)
  from settings s left join active a on true
  union all
  select 'drill_overdue', coalesce(greatest(p.at, a.since) + s.drill_max_age < p_now, false), 'warning',
         case when p.at is null then 'no drill has ever passed' else format('the last drill passed %s ago', backup._duration_words(p_now - p.at)) end
         || format('; one is due every %s', backup._duration_words(s.drill_max_age)),
         jsonb_build_object('last_passed', p.at)
  from settings s cross join asked a cross join proven p
  union all
  select o.name || '_over_target', a.since is not null and coalesce(not o.met, false), 'warning',
         format('%s is %s, the target is %s', upper(o.name), backup._duration_words(o.measured), backup._duration_words(o.target)),
         jsonb_build_object('measured', o.measured, 'target', o.target)
  from asked a cross join backup.recovery_objectives o
  union all
  select 'size_jump', b.runs >= 3 and coalesce(n.raw_bytes > b.median * s.size_jump_factor or n.raw_bytes * s.size_jump_factor < b.median, false), 'warning',
         format('backup %s holds %s, the median of the %s before it is %s', n.run_id, pg_size_pretty(n.raw_bytes), b.runs, pg_size_pretty(b.median::numeric)),
         jsonb_build_object('run_id', n.run_id, 'raw_bytes', n.raw_bytes, 'median', b.median)
  from settings s cross join before b left join newest n on true
  union all
  select 'schema_not_captured', coalesce(jsonb_array_length(g.warnings) > 0, false), 'warning',
         format('%s part(s) of the schema are not in backup %s', jsonb_array_length(g.warnings), g.run_id),
         jsonb_build_object('run_id', g.run_id, 'codes', (select jsonb_agg(distinct w -> 'code') from jsonb_array_elements(g.warnings) w))
  from asked left join (
    select n.run_id, (select coalesce(jsonb_agg(w), '[]') from jsonb_array_elements(n.warnings) w where w ->> 'code' like 'schema\_%') as warnings
    from newest n) g on true
  union all
  select 's3_refusing', coalesce(e.state = 'failed' and e.failure_code like 'HF2__', false), 'critical',
         format('the bucket refused export %s: %s %s', e.run_id, e.failure_code, e.failure_message),
         jsonb_build_object('run_id', e.run_id, 'code', e.failure_code)
  from asked left join ended e on true
  union all
  select 'job_failing', count(j.job_name) > 0, 'critical',
         format('scheduled jobs fail: %s', string_agg(format('%s (%s)', j.job_name, j.error_code), ', ' order by j.job_name)),
         jsonb_build_object('jobs', jsonb_agg(jsonb_build_object('job', j.job_name, 'code', j.error_code) order by j.job_name))
  from jobs j
  union all
  select 'delivery_failing', count(*) > 0, 'warning',
         format('alerts do not arrive: %s', string_agg(concat_ws(': ', d.channel, d.error), '; ' order by d.channel)),
         jsonb_build_object('channels', jsonb_agg(d.channel order by d.channel))
  from delivered d
  union all
  select 'ledger_growth', l.bytes > s.ledger_max_bytes, 'warning',
         format('the tables of schema backup hold %s, more than settings.ledger_max_bytes (%s)', pg_size_pretty(l.bytes), pg_size_pretty(s.ledger_max_bytes)),
         jsonb_build_object('bytes', l.bytes)
  from settings s cross join ledger l
$$;

comment on function backup.alert_causes(timestamptz) is
  'What should alarm at a time, judged from the ledger: one row per cause, with whether it is present. backup.settle_alerts() acts on it each minute.';
revoke all on function backup.alert_causes(timestamptz) from public;
