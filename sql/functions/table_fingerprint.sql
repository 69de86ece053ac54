-- requires: functions/fingerprint_expression.sql, functions/fingerprint_of_sum.sql
-- backup.table_fingerprint(p_table)
--
-- Why: lets a person compare a live table with a backup by hand, from whatever session: the settings that change how
-- values look as text are those of the workers that made the backup.
-- Locks: ACCESS SHARE on the table. Reads every row.
create or replace function backup.table_fingerprint(p_table regclass, out rows bigint, out fingerprint text)
language plpgsql
stable
set search_path = ''
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, MDY'
set intervalstyle = 'postgres'
set extra_float_digits = 1
set bytea_output = 'hex'
set lc_monetary = 'C'
set xmlbinary = 'base64'
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
