-- backup._read_only(query)
--
-- Why: predicates and constraints are somebody else's SQL. A cursor accepts one row-returning statement only, the block
-- is read-only, and it is always rolled back, which also restores the caller's read-write mode and any setting the
-- query changed. row_security = off makes a policy that would hide rows an error instead of a smaller count.
-- PostgreSQL does not let a query switch a read-only subtransaction back to read-write.
create or replace function backup._read_only(p_query text)
returns jsonb
language plpgsql
set search_path = ''
set row_security = off
set cursor_tuple_fraction = 1
as $$
declare
  v_cursor refcursor;
  v_result jsonb;
  v_done   boolean := false;
begin
  begin
    perform pg_catalog.set_config('transaction_read_only', 'on', true);
    open v_cursor no scroll for execute p_query;
    fetch v_cursor into v_result;
    close v_cursor;
    v_done := true;
    raise exception using errcode = 'transaction_rollback';
  exception when transaction_rollback then
    if not v_done then
      raise;
    end if;
  end;
  return v_result;
end
$$;

comment on function backup._read_only(text) is
  'Private: runs one query that returns one jsonb value, read-only and rolled back. A write raises 25006, several statements 42P11 or 42601.';
revoke all on function backup._read_only(text) from public;
