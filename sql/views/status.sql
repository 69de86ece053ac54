-- requires: tables/chunks.sql, tables/alerts.sql, tables/policies.sql, views/restore_points.sql, views/recovery_objectives.sql
-- Health answers "must somebody act?": a failure outranks progress, so that a retry does not hide it.
-- Stale: the newest restore point is older than the enabled schedule allows, with a quarter of a period to spare.
create or replace view backup.status with (security_invoker = true) as
with active as (
  -- Who may not see when another session began cannot tell whether it is the keeper: unknown, not dead.
  select r.*, (
      select case when count(*) = 0 then false else bool_or(a.backend_start = r.keeper_backend_start) end
      from pg_catalog.pg_stat_activity a where a.pid = r.keeper_pid) as keeper_alive
  from backup.runs r where r.state in ('starting', 'exporting')
), last_run as (
  select * from backup.runs r order by r.requested_at desc, r.run_id desc limit 1
), last_ended as (
  select * from backup.runs r where r.finished_at is not null order by r.requested_at desc, r.run_id desc limit 1
), newest as (
  -- Found by its run first, so that the view does not look at every restore point.
  select p.* from backup.restore_points p
  where p.run_id = (select r.run_id from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1)
), checked as (
  select * from backup.verifications v where v.verdict is not null order by v.finished_at desc limit 1
), progress as (
  select count(*) filter (where c.state = 'done') as chunks_done,
         count(*) as chunks_total,
         sum(greatest(c.estimated_bytes, 1)) filter (where c.state = 'done') as bytes_done,
         sum(greatest(c.estimated_bytes, 1)) as bytes_total,
         bool_and(c.kind <> 'plan' or c.state = 'done') as planned
  from active a join backup.chunks c using (run_id)
  where c.state <> 'replaced'
), secondary as (
  select count(*) filter (where p.enabled) > 0 as enabled,
         coalesce(1.25 * min(case p.frequency when 'daily' then interval '1 day' when 'weekly' then interval '7 days'
                                       when 'monthly' then interval '31 days' end) filter (where p.enabled),
                  interval '8 days 18 hours') as max_age
  from backup.policies p where p.provider = 'aws_s3'
), alerts as (
  select count(*) as open, count(*) filter (where a.severity = 'critical') as critical,
         coalesce(jsonb_agg(jsonb_build_object('cause', a.cause, 'severity', a.severity, 'message', a.message,
           'occurrences', a.occurrences, 'raised_at', a.raised_at, 'last_seen', a.last_seen)
           order by a.severity, a.raised_at), '[]') as list
  from backup.alerts a where a.resolved_at is null
)
select
  case
    when last_ended.state = 'failed' or checked.verdict = 'failed' or alerts.critical > 0 then 'failing'
    when active.run_id is not null then 'running'
    when newest.run_id is null then 'never_ran'
    when newest.age > secondary.max_age then 'stale'
    else 'healthy'
  end as health,
  last_run.run_id as last_run_id,
  last_run.state as last_run_state,
  last_run.requested_at as last_run_requested_at,
  last_run.finished_at as last_run_finished_at,
  last_run.failure_code as last_run_failure_code,
  last_run.failure_message as last_run_failure_message,
  newest.run_id as newest_restore_point,
  newest.snapshot_at as newest_snapshot_at,
  newest.age as newest_age,
  newest.verified as newest_verified,
  secondary.max_age as stale_after,
  checked.verification_id as last_verification_id,
  checked.verdict as last_verdict,
  checked.finished_at as last_verified_at,
  rpo.measured as rpo,
  rpo.target as rpo_target,
  rpo.met as rpo_met,
  rto.measured as rto,
  rto.target as rto_target,
  rto.met as rto_met,
  active.run_id as active_run_id,
  progress.chunks_done,
  progress.chunks_total,
  case when active.run_id is null then null
       when not coalesce(progress.planned, false) then 0
       else floor(100 * coalesce(progress.bytes_done, 0) / progress.bytes_total) end::integer as progress_percent,
  now() - active.keeper_claimed_at as keeper_age,
  case when active.keeper_pid is not null then active.keeper_alive end as keeper_alive,
  alerts.open as open_alerts,
  alerts.list as alerts,
  secondary.enabled as secondary_backup,
  case when secondary.enabled then 'on' else 'off: no S3 policy is enabled; call backup.enable() when a bucket is configured' end
    as secondary_backup_reason
from secondary
cross join alerts
left join active on true
left join progress on active.run_id is not null
left join last_run on true
left join last_ended on true
left join newest on true
left join checked on true
left join backup.recovery_objectives rpo on rpo.name = 'rpo'
left join backup.recovery_objectives rto on rto.name = 'rto';

grant select on backup.status to service_role;
comment on view backup.status is 'One row: are the backups fine, and if not, what is wrong. Start here.';
comment on column backup.status.health is
  'failing: the last run or verification failed or a critical alert is open. running: an export is under way. never_ran: no restore point. stale: the newest is too old. healthy: none of these.';
comment on column backup.status.newest_restore_point is 'Run to restore from, see backup.restore_points.';
comment on column backup.status.newest_verified is 'True when a drill has restored it and found it equal.';
comment on column backup.status.stale_after is 'Age at which the newest restore point counts as stale, from the shortest enabled S3 policy.';
comment on column backup.status.last_verdict is 'Verdict of the newest finished verification.';
comment on column backup.status.rpo is 'Age of the newest restore point that a drill has verified; null when there is none.';
comment on column backup.status.rto is '95th percentile of the time passed drills took; null when there was none.';
comment on column backup.status.progress_percent is 'Of the active export, by planned bytes.';
comment on column backup.status.keeper_age is 'How long the active run has held its snapshot. It holds back vacuum, hence settings.keeper_max_age.';
comment on column backup.status.keeper_alive is 'False: the session that holds the snapshot is gone, and the run is about to fail. Null: there is none, or the reader may not see sessions of others.';
comment on column backup.status.alerts is 'Open alerts, critical ones first.';
comment on column backup.status.secondary_backup is 'Whether exports to S3 are scheduled.';
comment on column backup.status.last_run_id is 'The newest export, whatever became of it.';
comment on column backup.status.last_run_state is 'starting, exporting, complete or failed.';
comment on column backup.status.last_run_requested_at is 'When it was asked for.';
comment on column backup.status.last_run_finished_at is 'When it ended; null while it is under way.';
comment on column backup.status.last_run_failure_code is 'Why it failed: a code of docs/errors.md or a SQLSTATE.';
comment on column backup.status.last_run_failure_message is 'Why it failed, in words.';
comment on column backup.status.newest_snapshot_at is 'A restore of it brings the data back as it was at this time.';
comment on column backup.status.newest_age is 'Time since then: what would be lost.';
comment on column backup.status.last_verification_id is 'Newest finished verification; its answers are in backup.verification_results.';
comment on column backup.status.last_verified_at is 'When it ended.';
comment on column backup.status.rpo_target is 'Data that may be lost, by backup.objectives.';
comment on column backup.status.rpo_met is 'Null when there is nothing to compare; that is not yes.';
comment on column backup.status.rto_target is 'Time a restore may take, by backup.objectives.';
comment on column backup.status.rto_met is 'Null when there is nothing to compare; that is not yes.';
comment on column backup.status.active_run_id is 'Export that is under way; null when there is none.';
comment on column backup.status.chunks_done is 'Chunks of the active export that are stored.';
comment on column backup.status.chunks_total is 'Chunks of the active export; grows while tables are planned.';
comment on column backup.status.open_alerts is 'How many alerts are open; see alerts.';
comment on column backup.status.secondary_backup_reason is 'Why secondary_backup says so.';
