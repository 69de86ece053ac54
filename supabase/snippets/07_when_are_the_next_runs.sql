-- When are the next runs?
-- What pg_cron should run and when it is due, the soonest first. installed false: run select * from backup.install_schedules();
select
  w.job_name,
  w.schedule as schedule_utc,
  i.job_name is not null as installed,
  backup.next_run(w.schedule, now()) as next_run_at,
  date_trunc('second', backup.next_run(w.schedule, now()) - now()) as due_in,
  (select greatest(j.last_success_at, j.last_failure_at) from backup.job_states j where 'holdfast-' || j.job_name = w.job_name) as last_ran_at
from backup.wanted_schedules() w
left join backup.installed_schedules() i on i.job_name = w.job_name and i.schedule = w.schedule
order by next_run_at nulls last, w.job_name;
