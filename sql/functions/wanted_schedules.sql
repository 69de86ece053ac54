-- requires: tables/policies.sql, functions/next_runs.sql
-- backup.wanted_schedules()
--
-- Why: the one list of what pg_cron should run, for installing, removing and reporting. The most frequent schedule of the
-- S3 policies is holdfast-export; another one becomes a job of its own unless its times are all among those of a job before
-- it, as Sunday 01:00 is among daily 01:00. Policies without a schedule get the first export of their period; when no policy
-- has one, the frequency decides.
create or replace function backup.wanted_schedules()
returns table (job_name text, schedule text, command text)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_policy record;
  v_taken  text[] := '{}';
begin
  return query select 'holdfast-' || j.name, j.schedule, format('select backup.run_job(%L)', j.name)
    from (values ('tick', '* * * * *'), ('verify', '0 2 * * 0'), ('prune', '17 3 * * *')) as j(name, schedule);
  for v_policy in
    select p.name, s.schedule
    from backup.policies p
    cross join lateral (select coalesce(p.schedule, case p.frequency when 'daily' then '0 1 * * *' when 'weekly' then '0 1 * * 0' else '0 1 1 * *' end) as schedule) s
    where p.provider = 'aws_s3' and p.enabled
      and (p.schedule is not null
           or not exists (select from backup.policies o where o.provider = 'aws_s3' and o.enabled and o.schedule is not null))
    order by (select max(n) from backup.next_runs(s.schedule, 12) n), p.name
  loop
    continue when exists (
      select from unnest(v_taken) as t(schedule)
      where t.schedule ~ 'second' or not exists (
        select from backup.next_runs(v_policy.schedule, 12) n
        where backup.next_run(t.schedule, n - interval '1 second') is distinct from n));
    job_name := 'holdfast-export' || case when v_taken = '{}' then '' else '-' || v_policy.name end;
    schedule := v_policy.schedule;
    command := 'select backup.run_job(''export'')';
    v_taken := v_taken || v_policy.schedule;
    return next;
  end loop;
  if v_taken <> '{}' then
    return query values ('holdfast-drill', '0 4 1 * *', 'select backup.run_job(''drill'')'),
                        ('holdfast-retention', '37 4 * * *', 'select backup.run_job(''retention'')');
  end if;
end
$$;

comment on function backup.wanted_schedules() is
  'Jobs that pg_cron should have for the strategy in backup.policies, with their schedules in UTC. backup.install_schedules() brings them about.';
revoke all on function backup.wanted_schedules() from public;
