-- requires: functions/table_stats.sql
create or replace view backup.table_stats with (security_invoker = true) as
select s.* from backup.table_stats() s order by s.schema_name, s.table_name;

comment on view backup.table_stats is
  'Estimated rows and sizes per table beside the newest complete run. Exact numbers: select * from backup.table_stats(true);';
comment on column backup.table_stats.schema_name is 'Schema of the table.';
comment on column backup.table_stats.table_name is 'Name of the table; a partition stands for itself.';
comment on column backup.table_stats.estimated_rows is 'By the statistics of the planner; null where the table was never analyzed.';
comment on column backup.table_stats.exact_rows is 'Null here: only backup.table_stats(true) counts.';
comment on column backup.table_stats.total_bytes is 'Table, TOAST and indexes.';
comment on column backup.table_stats.heap_bytes is 'Table without TOAST and indexes.';
comment on column backup.table_stats.toast_bytes is 'Values too long for a row, stored apart.';
comment on column backup.table_stats.index_bytes is 'All indexes of the table.';
comment on column backup.table_stats.dead_rows is 'Rows vacuum has yet to remove.';
comment on column backup.table_stats.last_analyzed_at is 'When its statistics were last gathered.';
comment on column backup.table_stats.rows_at_run is 'Rows of the table in the newest complete run; null when it was not in it.';
comment on column backup.table_stats.rows_since_run is 'Estimated rows less rows_at_run.';
