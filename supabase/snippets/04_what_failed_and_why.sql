-- What failed, and why?
-- Exports, drills, checks and scheduled entries of the last 90 days, the newest first. docs/errors.md says what to do about a code.
select f.at, f.what, f.which, f.code, f.message
from (
  select r.finished_at as at, 'export' as what, r.run_id as which, r.failure_code as code, concat_ws(': ', r.failure_message, r.failure_detail) as message
  from backup.runs r
  where r.state = 'failed'
  union all
  select d.finished_at, 'drill', d.run_id, d.failure_code, coalesce(d.failure_message, 'the restored database is not what was backed up: ' || d.proof::text)
  from backup.drills d
  where d.verdict = 'failed'
  union all
  select v.finished_at, 'check ' || r.check_name, r.subject, null, concat('expected ', coalesce(r.expected, 'nothing wrong'), ', found ', r.actual)
  from backup.verification_results r
  join backup.verifications v using (verification_id)
  where r.verdict = 'failed'
  union all
  select j.finished_at, 'scheduled entry', j.job_name, j.error_code, j.error
  from backup.job_runs j
  where j.status = 'failed'
) as f
where f.at > now() - interval '90 days'
order by f.at desc, f.what, f.which;
