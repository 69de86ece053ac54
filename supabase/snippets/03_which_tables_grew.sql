-- Which tables grew, shrank, came or went between the two newest backups?
-- Rows as counted by the exports, the greatest change first. Tables that did not change are not listed.
with runs as (
  select p.run_id, p.snapshot_at, row_number() over (order by p.snapshot_at desc) as place
  from backup.restore_points p
), after as (
  select t.* from runs r join backup.run_tables t using (run_id) where r.place = 1
), before as (
  select t.* from runs r join backup.run_tables t using (run_id) where r.place = 2
)
select
  coalesce(a.schema_name, b.schema_name) as schema_name,
  coalesce(a.table_name, b.table_name) as table_name,
  b.rows as rows_before,
  a.rows as rows_now,
  coalesce(a.rows, 0) - coalesce(b.rows, 0) as change,
  round(100.0 * (coalesce(a.rows, 0) - b.rows) / nullif(b.rows, 0), 1) as percent,
  pg_size_pretty(a.total_bytes - b.total_bytes) as size_change,
  case when b.relid is null then 'new' when a.relid is null then 'gone' end as note
from after a
full join before b on b.schema_name = a.schema_name and b.table_name = a.table_name
where exists (select from before) and (a.rows, a.status, a.fingerprint) is distinct from (b.rows, b.status, b.fingerprint)
order by abs(coalesce(a.rows, 0) - coalesce(b.rows, 0)) desc, 1, 2;
