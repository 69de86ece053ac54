-- requires: types/finding.sql, tables/primary_backups.sql, tables/policies.sql, tables/settings.sql
-- backup.check_primary_backups()
--
-- Why: the strategy counts on backups that somebody else makes. The database cannot ask for them; verify-backup and the
-- command do just before this runs, if they have an access token. What was not looked at within a day is not known.
-- Daily backups are made some time of the day, hence half a period of grace. With point-in-time recovery Supabase makes no
-- daily ones: its window counts for both. An idle database ships nothing, so the window may end up to a day ago.
create or replace function backup.check_primary_backups()
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with look as (
    select b.* from backup.primary_backups b order by b.looked_at desc, b.look_id desc limit 1
  ), judged as (
    select p.name, p.enabled, p.frequency, p.retention, l.*, s.project_ref as own_ref,
      coalesce(l.project_ref, s.project_ref) ~ '^[a-z]{20}$' as hosted,
      case when p.frequency = 'continuous' then l.pitr_latest
           else greatest(l.newest_at, case when l.pitr_enabled then l.pitr_latest end) end as newest,
      case when p.frequency = 'continuous' then l.pitr_earliest
           else least(l.oldest_at, case when l.pitr_enabled then l.pitr_earliest end) end as oldest,
      case p.frequency when 'continuous' then interval '1 day' when 'daily' then interval '36 hours'
                       when 'weekly' then interval '10 days 12 hours' else interval '46 days' end as grace
    from backup.policies p cross join backup.settings s left join look l on true
    where p.provider = 'supabase'
  ), answered as (
    select j.*,
      case
        when not j.enabled then 'skipped'
        when j.outcome is null or j.outcome = 'no_token' then case when j.hosted then 'inconclusive' else 'skipped' end
        when j.outcome = 'unanswered' or j.looked_at < clock_timestamp() - interval '1 day' then 'inconclusive'
        when j.frequency = 'continuous' and j.pitr_enabled is not true then 'failed'
        when j.newest is null or j.newest < clock_timestamp() - j.grace then 'failed'
        else 'passed'
      end as verdict,
      case
        when not j.enabled then 'the policy is off'
        when j.outcome is null or j.outcome = 'no_token' then
          case when j.hosted then 'no access token' else format('no access token, and %s is no project of the hosted platform', j.own_ref) end
        when j.outcome = 'unanswered' then j.reason
        when j.looked_at < clock_timestamp() - interval '1 day' then format('last asked %s', to_char(j.looked_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
        when j.frequency = 'continuous' and j.pitr_enabled is not true then 'point-in-time recovery is off'
        when j.newest is null then case j.frequency when 'continuous' then 'point-in-time recovery is on, but has no window yet' else 'no completed backup is listed' end
        else format('newest %s, oldest %s', to_char(j.newest at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), to_char(j.oldest at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
      end as actual
    from judged j
  )
  select 'check_primary_backups', a.name, a.verdict::backup.verdict,
    case a.frequency when 'continuous' then format('point-in-time recovery is on and reaches to within %s', a.grace)
                     else format('a completed backup within %s', a.grace) end,
    a.actual,
    jsonb_strip_nulls(jsonb_build_object('look_id', a.look_id, 'looked_at', a.looked_at, 'project_ref', a.project_ref, 'region', a.region,
      'walg_enabled', a.walg_enabled, 'pitr_enabled', a.pitr_enabled, 'completed', a.completed, 'newest', a.newest, 'oldest', a.oldest,
      'reaches_back_days', round(extract(epoch from clock_timestamp() - a.oldest)::numeric / 86400, 1),
      'policy_days', round(extract(epoch from a.retention)::numeric / 86400, 1),
      'give_a_token_with', case when a.outcome is null or a.outcome = 'no_token' then 'SUPABASE_ACCESS_TOKEN (command) or secret HOLDFAST_ACCESS_TOKEN (functions)' end))
  from answered a
  order by a.name desc
$$;

comment on function backup.check_primary_backups() is
  'Judges what the Management API last said of the backups that Supabase makes: missing, too old or point-in-time recovery off is failed; not asked, without a token or without an answer is inconclusive; off, or no hosted project, is skipped.';
revoke all on function backup.check_primary_backups() from public;
