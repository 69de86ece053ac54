-- How long does a restore take?
-- Every drill beside the target, the newest first. slowest_phase is where the time goes; expected_now scales the passed drills to the newest backup.
select
  d.started_at,
  d.run_id,
  d.engine,
  coalesce(d.verdict::text, d.state) as verdict,
  date_trunc('second', d.finished_at - d.started_at) as took,
  o.target,
  d.finished_at - d.started_at <= o.target as within_target,
  date_trunc('second', o.extrapolated) as expected_now,
  d.rows,
  pg_size_pretty(d.raw_bytes) as size,
  (select format('%s (%s s)', s.key, round(s.value::text::numeric, 1)) from jsonb_each(d.phase_seconds) s
   order by s.value::text::numeric desc, s.key limit 1) as slowest_phase,
  d.failure_code
from backup.drills d
left join backup.recovery_objectives o on o.name = 'rto'
order by d.started_at desc;
