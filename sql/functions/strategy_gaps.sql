-- requires: tables/policies.sql, tables/settings.sql, tables/critical_tables.sql, tables/sample_queries.sql, views/restore_points.sql, views/recovery_objectives.sql
-- requires: functions/wanted_schedules.sql, functions/installed_schedules.sql, functions/check_primary_backups.sql, functions/_duration_words.sql
-- backup.strategy_gaps()
--
-- Why: what a strategy says and what is set up are two things; this is the difference, each with what to do about it.
create or replace function backup.strategy_gaps()
returns setof text
language sql
stable
set search_path = ''
as $$
  with secondary as (
    select coalesce(bool_or(p.enabled), false) as enabled from backup.policies p where p.provider = 'aws_s3'
  ), missing as (
    select string_agg(w.job_name, ', ' order by w.job_name) as jobs
    from backup.wanted_schedules() w
    left join backup.installed_schedules() i on i.job_name = w.job_name and i.schedule = w.schedule
    where i.job_name is null and not (select s.external_clock from backup.settings s)
  )
  select 'Exports to S3 are off. Turn them on with `select * from backup.enable();`' from secondary s where not s.enabled
  union all
  select 'No export has completed yet, so there is nothing to restore from.' from secondary s where s.enabled and not exists (select from backup.restore_points)
  union all
  select format('pg_cron does not have: %s. Install with `select * from backup.install_schedules();`', m.jobs) from missing m where m.jobs is not null
  union all
  select case c.verdict
           when 'failed' then format('`%s`, made by Supabase: %s.', c.subject, c.actual)
           else format('`%s`, made by Supabase, is not checked: %s. Set `SUPABASE_ACCESS_TOKEN` for the command, or the secret `HOLDFAST_ACCESS_TOKEN` for the functions.', c.subject, c.actual) end
  from backup.check_primary_backups() c
  where c.verdict in ('failed', 'inconclusive') or (c.verdict = 'skipped' and c.actual like 'no access token%')
  union all
  select format('`%s`, made by Supabase, reaches back %s of the %s days of the policy: the project is young, or its plan keeps less. Then `holdfast policies set %s --retention "%s days"`.',
    c.subject, c.evidence ->> 'reaches_back_days', (c.evidence ->> 'policy_days')::numeric::integer, c.subject, ceil((c.evidence ->> 'reaches_back_days')::numeric))
  from backup.check_primary_backups() c
  where c.verdict = 'passed' and (c.evidence ->> 'reaches_back_days')::numeric + 1.5 < (c.evidence ->> 'policy_days')::numeric
  union all
  select 'Files in Supabase Storage are not part of the strategy: policy `storage` is off.' from backup.policies p where p.provider = 'supabase_storage' and not p.enabled
  union all
  select format('The %s is not measured: %s.', upper(o.name), o.basis) from backup.recovery_objectives o where o.measured is null
  union all
  select format('The %s target of %s is missed: %s.', upper(o.name), backup._duration_words(o.target), backup._duration_words(o.measured)) from backup.recovery_objectives o where not o.met
  union all
  select 'No table is named in `backup.critical_tables`, so a check cannot tell lost data from no data.' where not exists (select from backup.critical_tables)
$$;

comment on function backup.strategy_gaps() is 'What the strategy asks for and is not set up, checked or reached, one sentence of Markdown each, with what to do.';
revoke all on function backup.strategy_gaps() from public;
