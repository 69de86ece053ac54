-- Is my backup fresh, and are the recovery objectives met?
-- One row. health healthy and both *_met true: nothing to do. A met that is null was never measured, which is not yes.
select
  s.health,
  s.newest_restore_point,
  s.newest_snapshot_at,
  date_trunc('second', s.newest_age) as age,
  s.stale_after,
  s.newest_verified as proven_by_a_drill,
  s.last_verdict,
  s.last_verified_at,
  date_trunc('second', s.rpo) as rpo,
  s.rpo_target,
  s.rpo_met,
  date_trunc('second', s.rto) as rto,
  s.rto_target,
  s.rto_met,
  s.open_alerts,
  s.secondary_backup_reason as exports
from backup.status s;
