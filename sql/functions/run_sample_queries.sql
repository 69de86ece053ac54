-- requires: tables/sample_queries.sql
-- backup.run_sample_queries(name)
--
-- Why: what the application asks for must be answered, correctly and in time, also in a restored database.
-- A query runs as the caller, as one statement, through a cursor, read-only, in a block that is always rolled back.
-- Time budget: between batches of rows a query over budget is stopped. One that computes for long before its first row can only be
-- interrupted from outside, because PostgreSQL counts statement_timeout from the start of the outer statement: when
-- that happens after the query's own budget is spent, the query fails and the ones behind it are inconclusive, not run;
-- before that, the cancellation is passed on. Give p_name to run one query as a statement of its own.
-- Evidence holds times and numbers of rows, never a value that a query returned.
-- Locks: those of the queries, until the transaction ends; waits at most 10 s for each.
create or replace function backup.run_sample_queries(p_name text default null)
returns setof backup.finding
language plpgsql
set search_path = ''
set row_security = off
set lock_timeout = '10s'
set cursor_tuple_fraction = 1
as $$
declare
  v_query     record;
  v_cursor    refcursor;
  v_row       record;
  v_scalar    text;
  v_batch     bigint;
  v_rows      bigint;
  v_started   timestamptz;
  v_ms        numeric;
  v_done      boolean;
  v_cancelled text;
  v_state     text;
  v_message   text;
  v_met       boolean;
  v_expected  text;
begin
  for v_query in
    select q.* from backup.sample_queries q
    where q.enabled and (p_name is null or q.name = p_name)
    order by q.name
  loop
    v_expected := format('%s, within %s ms', case v_query.expectation
      when 'runs' then 'runs' when 'non_empty' then 'at least 1 row' when 'empty' then 'no row'
      when 'rows_min' then format('at least %s rows', v_query.expected_value)
      when 'rows_equal' then format('exactly %s rows', v_query.expected_value)
      else 'the configured value' end, v_query.max_ms);
    if v_cancelled is not null then
      return next ('run_sample_queries', v_query.name, 'inconclusive'::backup.verdict, v_expected,
        'not run: the time was spent by another query', jsonb_build_object('spent_by', v_cancelled,
        'repeat_with', format('select * from backup.run_sample_queries(%L);', v_query.name)))::backup.finding;
      continue;
    end if;

    v_rows := 0; v_scalar := null; v_done := false; v_state := null;
    v_started := clock_timestamp();
    begin
      perform pg_catalog.set_config('transaction_read_only', 'on', true);
      open v_cursor no scroll for execute v_query.query;
      fetch v_cursor into v_row;
      if found then
        v_rows := 1;
        if v_query.expectation = 'scalar_equals' then
          select j.value into v_scalar from json_each_text(row_to_json(v_row)) as j limit 1;
        end if;
        loop
          exit when clock_timestamp() - v_started > v_query.max_ms * interval '1 millisecond';
          move forward 1000 in v_cursor;
          get diagnostics v_batch = row_count;
          v_rows := v_rows + v_batch;
          exit when v_batch = 0;
        end loop;
      end if;
      v_done := true;
      raise exception using errcode = 'transaction_rollback';
    exception
      when query_canceled then
        if clock_timestamp() - v_started <= v_query.max_ms * interval '1 millisecond' then
          raise;
        end if;
        v_cancelled := v_query.name; v_state := sqlstate;
      when others then
        if not v_done then
          v_state := sqlstate; v_message := sqlerrm;
        end if;
    end;
    v_ms := round(extract(epoch from clock_timestamp() - v_started)::numeric * 1000, 1);

    v_met := case v_query.expectation
      when 'runs' then true
      when 'non_empty' then v_rows > 0
      when 'empty' then v_rows = 0
      when 'rows_min' then v_rows >= v_query.expected_value::bigint
      when 'rows_equal' then v_rows = v_query.expected_value::bigint
      else v_rows > 0 and v_scalar is not distinct from v_query.expected_value end;
    return next ('run_sample_queries', v_query.name,
      -- Not being allowed to look says nothing about the data; any other error is the query's own failure.
      case when v_state in ('42501', '55P03') then 'inconclusive'
           when v_state is not null or v_ms > v_query.max_ms or not v_met then 'failed'
           else 'passed' end::backup.verdict,
      v_expected,
      case when v_cancelled is not null then 'cancelled after its time budget'
           when v_state is not null then (backup._finding_of_error('', '', '', v_state, v_message)).actual
           when v_ms > v_query.max_ms then 'stopped after its time budget'
           when v_query.expectation = 'scalar_equals' and v_rows > 0 then
             case when v_met then 'the configured value' else 'another value' end
           else v_rows || ' rows' end,
      jsonb_strip_nulls(jsonb_build_object('duration_ms', v_ms, 'max_ms', v_query.max_ms, 'rows', v_rows,
        'sqlstate', v_state)))::backup.finding;
  end loop;
end
$$;

comment on function backup.run_sample_queries(text) is
  'Runs the enabled queries of backup.sample_queries read-only, compares each with its expectation and measures it against its time budget. With a name: that query only.';
revoke all on function backup.run_sample_queries(text) from public;
