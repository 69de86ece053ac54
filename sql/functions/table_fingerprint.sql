-- requires: functions/fingerprint_expression.sql, functions/fingerprint_of_sum.sql
-- backup.table_fingerprint(p_table)
--
-- Why: lets a person compare a live table with a backup by hand.
-- Locks: ACCESS SHARE on the table. Reads every row.
create or replace function backup.table_fingerprint(p_table regclass, out rows bigint, out fingerprint text)
language plpgsql
stable
set search_path = ''
set row_security = off
as $$
declare
  v_sum numeric;
begin
  execute format('select count(*), coalesce(sum(%s), 0) from only %s t',
                 backup.fingerprint_expression(p_table), p_table)
    into rows, v_sum;
  fingerprint := backup.fingerprint_of_sum(v_sum);
end;
$$;

comment on function backup.table_fingerprint(regclass) is
  'Row count and content hash of a table now, comparable with backup.run_tables. Children and partitions are not included.';
revoke all on function backup.table_fingerprint(regclass) from public;
