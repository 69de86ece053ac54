-- requires: functions/table_stats.sql
create or replace view backup.table_stats with (security_invoker = true) as
select s.* from backup.table_stats() s;

comment on view backup.table_stats is
  'Estimated rows and sizes per table beside the newest complete run. Exact numbers: select * from backup.table_stats(true);';
