-- requires: functions/strategy_costs.sql, functions/strategy_gaps.sql, functions/policy_warnings.sql, functions/policy_next_runs.sql, functions/_markdown_table.sql
-- backup.strategy_report()
--
-- Why: the strategy as a page for people, written where the strategy is, so that Studio, the command and the functions tell
-- the same. Holds names and times, never rows or secrets.
create or replace function backup.strategy_report()
returns text
language sql
stable
set search_path = ''
as $$
  with checked as (
    select c.subject, c.verdict, c.actual from backup.check_primary_backups() c
  ), policies as (
    select backup._markdown_table('{Backup,Made by,"Schedule (UTC)",Kept,Storage class,State,"Next run (UTC)"}', jsonb_agg(jsonb_build_array(
      p.name, p.provider,
      case when p.schedule is not null then format('%s, %s', p.frequency, p.schedule)
           when p.provider = 'aws_s3' then format('%s, first export of it', p.frequency) else p.frequency end,
      backup._duration_words(p.retention), p.storage_class,
      case when not p.enabled then 'off'
           when p.provider = 'supabase' then (select format('%s: %s', c.verdict, c.actual) from checked c where c.subject = p.name)
           when p.provider = 'aws_s3' then coalesce((select format('on; newest %s', to_char(max(r.snapshot_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
             from backup.restore_points r where r.tier = p.tier having count(*) > 0), 'on; none yet')
           else 'on' end,
      to_char(n.next_run_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')) order by p.provider desc, p.retention, p.name)) as text
    from backup.policies p left join backup.policy_next_runs() n on n.policy_name = p.name
  ), objectives as (
    select backup._markdown_table('{Objective,Target,Measured,Met,Basis}', jsonb_agg(jsonb_build_array(
      upper(o.name), backup._duration_words(o.target), coalesce(backup._duration_words(o.measured), 'not measured'),
      case o.met when true then 'yes' when false then 'no' else 'unknown' end, o.basis) order by o.name)) as text
    from backup.recovery_objectives o
  ), schedules as (
    select backup._markdown_table('{Job of pg_cron,"Schedule (UTC)",Installed,"Next run (UTC)"}', jsonb_agg(jsonb_build_array(
      w.job_name, w.schedule, case when i.job_name is null then 'no' when i.schedule <> w.schedule then 'no: ' || i.schedule else 'yes' end,
      to_char(backup.next_run(w.schedule) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')) order by w.job_name)) as text
    from backup.wanted_schedules() w left join backup.installed_schedules() i on i.job_name = w.job_name
  ), costs as (
    select backup._markdown_table('{What,Storage class,Runs,Bytes,"USD a month",Basis}',
             jsonb_agg(jsonb_build_array(c.item, c.storage_class, c.runs::text, pg_size_pretty(c.bytes), to_char(c.usd_per_month, 'FM999999990.0000'), c.basis) order by c.position)
             || jsonb_build_array(jsonb_build_array('total', '', '', '', to_char(sum(c.usd_per_month), 'FM999999990.0000'), ''))) as text
    from backup.strategy_costs() with ordinality as c (item, storage_class, runs, bytes, usd_per_month, basis, position)
    having count(*) > 0
  )
  select concat_ws(E'\n\n',
    '# Backup strategy',
    format('Of project %s, as of %s UTC.', s.project_ref, to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI')),
    (select p.text from policies p),
    '## Recovery objectives', (select o.text from objectives o),
    '## Schedules', (select j.text from schedules j),
    (select E'## Not configured, not checked or not reached\n\n' || string_agg('- ' || g, E'\n') from backup.strategy_gaps() g having count(*) > 0),
    (select E'## Warnings\n\n' || string_agg(format('- `%s`: %s.', w.policy_name, w.message), E'\n') from backup.policy_warnings() w having count(*) > 0),
    '## Cost estimate',
    coalesce((select c.text from costs c) || E'\n\n' || (
        select format('An estimate, not a bill: sizes are those of the newest runs, prices are list prices of AWS us-east-1 as of %s, without requests, taxes, free quotas and discounts. They stand in `backup.prices`; edit them to what you pay.', min(p.as_of))
        from backup.prices p),
      'There is nothing to estimate from: it takes an S3 policy that is on and one completed export.')) || E'\n'
  from backup.settings s
$$;

comment on function backup.strategy_report() is
  'The backup strategy as Markdown: backups with their state and next run, objectives, schedules, what is not configured, warnings, and an estimate of the cost.';
revoke all on function backup.strategy_report() from public;
