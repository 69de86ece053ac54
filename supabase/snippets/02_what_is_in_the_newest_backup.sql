-- What is in the newest backup?
-- One row per table of the newest restore point, the largest first. rows and fingerprint are what a restore is compared with.
with newest as (
  select p.run_id, p.snapshot_at from backup.restore_points p order by p.snapshot_at desc limit 1
)
select
  n.run_id,
  n.snapshot_at,
  t.schema_name,
  t.table_name,
  t.status,
  t.reason as why_not,
  t.rows,
  pg_size_pretty(t.total_bytes) as size,
  t.fingerprint
from newest n
join backup.run_tables t using (run_id)
order by t.total_bytes desc, t.schema_name, t.table_name;
