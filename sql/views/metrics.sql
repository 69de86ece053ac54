-- requires: views/status.sql, views/restore_points.sql, views/recovery_objectives.sql, tables/job_states.sql, tables/verification_results.sql, tables/drills.sql
-- One row per sample, in the names of Prometheus, so that any exporter that can run SQL may publish it; types and words are in
-- functions/_shared/metrics/metric_families.ts. What never happened has no time: it has no row, and a row of never_succeeded says so.
-- Times are there as well as ages, because a sample in a file does not grow older by itself.
create or replace view backup.metrics with (security_invoker = true) as
with status as materialized (
  select * from backup.status
), newest as (
  select p.* from backup.restore_points p where p.run_id = (select s.newest_restore_point from status s)
), proven as (
  select p.run_id, p.snapshot_at, p.age from backup.restore_points p
  where p.verified and p.run_id = any (array(select d.run_id from backup.drills d where d.verdict = 'passed'))
), objectives as (
  select * from backup.recovery_objectives
), points as (
  select count(*) as points, coalesce(sum(r.stored_bytes), 0) as stored_bytes from backup.runs r where r.state = 'complete'
), export_ends as (
  select 'export' as operation,
    (select greatest(c.finished_at, e.finished_at) from (select) one
     left join lateral (select r.finished_at from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1) c on true
     left join lateral (select r.finished_at from backup.runs r where r.state = 'expired' order by r.snapshot_at desc limit 1) e on true) as success_at,
    (select r.finished_at from backup.runs r where r.state = 'failed' order by r.requested_at desc limit 1) as failure_at,
    (select r.finished_at - r.requested_at from backup.runs r where r.finished_at is not null order by r.requested_at desc, r.run_id desc limit 1) as duration
), drill as (
  select * from backup.drills d where d.verdict is not null order by d.finished_at desc limit 1
), operations as (
  select * from export_ends
  union all
  select 'verification', max(v.finished_at) filter (where v.verdict = 'passed'), max(v.finished_at) filter (where v.verdict = 'failed'),
         (select c.finished_at - c.started_at from backup.verifications c where c.verification_id = (select s.last_verification_id from status s))
  from backup.verifications v
  union all
  select 'drill', max(d.finished_at) filter (where d.verdict = 'passed'), max(d.finished_at) filter (where d.verdict = 'failed'),
         (select l.finished_at - l.started_at from drill l)
  from backup.drills d
), phases as (
  -- A phase starts when every chunk of the one before is done, so that phases add up to the whole export.
  select (array['plan', 'copy', 'render', 'manifest'])[c.phase + 1] as phase,
         max(c.done_at) - lag(max(c.done_at), 1, r.snapshot_at) over (order by c.phase) as duration
  from newest n join backup.runs r using (run_id) join backup.chunks c using (run_id)
  where c.state = 'done' group by c.phase, r.snapshot_at
), checks as (
  -- The time is that of the whole check, on each of its answers.
  select a.check_name, v.verdict, count(*) filter (where a.verdict = v.verdict) as answers, max(a.duration_ms) as duration_ms
  from backup.verification_results a cross join unnest(enum_range(null::backup.verdict)) v(verdict)
  where a.verification_id = (select s.last_verification_id from status s) group by a.check_name, v.verdict
), active_chunks as (
  select c.state, count(*) as chunks from backup.chunks c where c.run_id = (select s.active_run_id from status s) group by c.state
), jobs as (
  select * from (values ('tick'), ('export'), ('verify'), ('drill'), ('retention'), ('prune')) names(job_name) left join backup.job_states j using (job_name)
), samples as (
  select 'build_info' as name, jsonb_build_object('project', s.project_ref) as labels, 1::double precision as value from backup.settings s
  union all select 'observed_timestamp_seconds', '{}', extract(epoch from now())
  union all select 'health', jsonb_build_object('holdfast_health', h.state), (h.state = s.health)::integer
            from status s cross join unnest(array['never_ran', 'healthy', 'running', 'stale', 'failing']) h(state)
  union all select 'secondary_backup_enabled', '{}', s.secondary_backup::integer from status s
  union all select 'stale_after_seconds', '{}', extract(epoch from s.stale_after) from status s

  union all select 'restore_points', '{}', p.points from points p
  union all select 'restore_points_stored_bytes', '{}', p.stored_bytes from points p
  union all select 'verified_restore_points', '{}', count(*) from proven
  union all select 'newest_restore_point_timestamp_seconds', '{}', extract(epoch from n.snapshot_at) from newest n
  union all select 'newest_restore_point_age_seconds', '{}', extract(epoch from n.age) from newest n
  union all select 'newest_restore_point_verified', '{}', n.verified::integer from newest n
  union all select 'newest_restore_point_rows', '{}', n.rows from newest n
  union all select 'newest_restore_point_raw_bytes', '{}', n.raw_bytes from newest n
  union all select 'newest_restore_point_stored_bytes', '{}', n.stored_bytes from newest n
  union all select 'newest_restore_point_warnings', '{}', n.warnings from newest n
  union all select 'newest_verified_restore_point_timestamp_seconds', '{}', extract(epoch from max(p.snapshot_at)) from proven p
  union all select 'newest_verified_restore_point_age_seconds', '{}', extract(epoch from min(p.age)) from proven p

  union all select o.name || '_target_seconds', '{}', extract(epoch from o.target) from objectives o
  union all select o.name || '_seconds', '{}', extract(epoch from o.measured) from objectives o
  union all select 'rto_expected_seconds', '{}', extract(epoch from o.extrapolated) from objectives o where o.name = 'rto'

  union all select 'never_succeeded', jsonb_build_object('operation', o.operation), (o.success_at is null)::integer from operations o
  union all select 'last_success_timestamp_seconds', jsonb_build_object('operation', o.operation), extract(epoch from o.success_at) from operations o
  union all select 'last_failure_timestamp_seconds', jsonb_build_object('operation', o.operation), extract(epoch from o.failure_at) from operations o
  union all select 'last_duration_seconds', jsonb_build_object('operation', o.operation), extract(epoch from o.duration) from operations o
  union all select 'last_run_state', jsonb_build_object('holdfast_last_run_state', e.state), (e.state = s.last_run_state)::integer
            from status s cross join unnest(enum_range(null::backup.run_state)) e(state) where s.last_run_id is not null
  union all select 'last_verification_verdict', jsonb_build_object('holdfast_last_verification_verdict', e.verdict), (e.verdict = s.last_verdict)::integer
            from status s cross join unnest(enum_range(null::backup.verdict)) e(verdict) where s.last_verdict is not null
  union all select 'last_drill_verdict', jsonb_build_object('holdfast_last_drill_verdict', e.verdict), (e.verdict = d.verdict)::integer
            from drill d cross join unnest(enum_range(null::backup.verdict)) e(verdict)
  union all select 'newest_restore_point_phase_seconds', jsonb_build_object('phase', p.phase), extract(epoch from p.duration) from phases p
  union all select 'last_drill_phase_seconds', jsonb_build_object('phase', p.key), p.value::text::double precision from drill d cross join jsonb_each(d.phase_seconds) p
  union all select 'last_verification_check_seconds', jsonb_build_object('check', c.check_name), c.duration_ms / 1000 from checks c where c.verdict = 'passed'
  union all select 'last_verification_answers', jsonb_build_object('check', c.check_name, 'verdict', c.verdict), c.answers from checks c

  union all select 'open_alerts', jsonb_build_object('severity', v.severity), count(a.cause)
            from (values ('critical'), ('warning')) v(severity) left join backup.alerts a on a.severity = v.severity and a.resolved_at is null group by v.severity
  union all select 'alert_open', jsonb_build_object('cause', a.cause, 'severity', a.severity), 1 from backup.alerts a where a.resolved_at is null
  union all select 'alert_raised_timestamp_seconds', jsonb_build_object('cause', a.cause, 'severity', a.severity), extract(epoch from a.raised_at) from backup.alerts a where a.resolved_at is null

  union all select 'active_run', '{}', (s.active_run_id is not null)::integer from status s
  union all select 'active_run_chunks', jsonb_build_object('state', e.state), coalesce(c.chunks, 0)
            from unnest(enum_range(null::backup.chunk_state)) e(state) left join active_chunks c using (state)
  union all select 'active_run_progress_ratio', '{}', s.progress_percent / 100.0 from status s
  union all select 'keeper_age_seconds', '{}', extract(epoch from s.keeper_age) from status s
  union all select 'keeper_alive', '{}', s.keeper_alive::integer from status s

  union all select 'job_never_succeeded', jsonb_build_object('job_name', j.job_name), (j.last_success_at is null)::integer from jobs j
  union all select 'job_last_success_timestamp_seconds', jsonb_build_object('job_name', j.job_name), extract(epoch from j.last_success_at) from jobs j
  union all select 'job_last_failure_timestamp_seconds', jsonb_build_object('job_name', j.job_name), extract(epoch from j.last_failure_at) from jobs j
  union all select 'job_last_duration_seconds', jsonb_build_object('job_name', j.job_name), j.last_seconds from jobs j
  union all select 'job_runs_total', jsonb_build_object('job_name', j.job_name, 'outcome', 'succeeded'), coalesce(j.succeeded, 0) from jobs j
  union all select 'job_runs_total', jsonb_build_object('job_name', j.job_name, 'outcome', 'failed'), coalesce(j.failed, 0) from jobs j

  union all select 'ledger_bytes', '{}', sum(pg_total_relation_size(c.oid)) from pg_catalog.pg_class c where c.relnamespace = 'backup'::regnamespace and c.relkind = 'r'
  union all select 'ledger_max_bytes', '{}', s.ledger_max_bytes from backup.settings s
)
select 'holdfast_' || s.name as name, s.labels, s.value from samples s where s.value is not null
order by s.name, s.labels;

grant select on backup.metrics to service_role;
comment on view backup.metrics is 'What monitoring wants to know, one row per sample: name, labels and value as in docs/monitoring.md. What never happened has no row.';
comment on column backup.metrics.name is 'Name of the metric, as in docs/monitoring.md. Seconds and bytes; times are seconds since 1970.';
comment on column backup.metrics.labels is 'Labels of the sample, an object of strings.';
comment on column backup.metrics.value is 'The value. Yes is 1 and no is 0.';
