-- requires: functions/_sequence_uses.sql, functions/_read_only.sql
-- backup.check_sequences(schema, table)
--
-- Why: a sequence that lags behind its column hands out keys that exist, and the first insert after a restore fails.
-- The value that nextval would give must lie beyond every value in the column: above the maximum when ascending, below
-- the minimum when descending; of a cyclic sequence, which meets old values by design, it must only be unused.
-- A sequence without a next value fails as exhausted. One finding per sequence and column that draws from it.
-- Skipped: columns whose values are not the plain numbers of the sequence (a default like 'A' || nextval(…)).
-- Nothing is drawn from the sequence. Arguments narrow it to the columns of a schema and a table.
-- Locks: ACCESS SHARE on a table and its sequence while they are read, as all of ten thousand are more than a server has room for; waits
-- at most 10 s for it.
create or replace function backup.check_sequences(p_schema text default null, p_table text default null)
returns setof backup.finding
language plpgsql
stable
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_use       record;
  v_position  jsonb;
  v_last      bigint;
  v_called    boolean;
  v_next      numeric;
  v_exhausted boolean;
  v_edge      numeric;
  v_taken     boolean;
  v_evidence  jsonb;
  v_expected  text;
begin
  for v_use in
    select u.sequence_name, u.relation, u.column_name, format('%s for %s', u.sequence_name, u.column_label) as subject,
           s.seqincrement as step, s.seqmin, s.seqmax, s.seqcycle,
           u.column_type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
             and coalesce(u.default_expression ~ '^nextval\(''.*''::regclass\)$', true) as plain
    from backup._sequence_uses(p_schema, p_table) u
    join pg_catalog.pg_sequence s on s.seqrelid = u.sequence_id
    order by u.sequence_name, u.column_label
  loop
    v_expected := case when v_use.seqcycle then 'the next value is not in use'
                       when v_use.step > 0 then 'the next value is above every value of the column'
                       else 'the next value is below every value of the column' end;
    begin
      v_position := backup._read_only(format('select jsonb_build_array(s.last_value, s.is_called) from %s s', v_use.sequence_name));
      v_last := v_position ->> 0;
      v_called := v_position ->> 1;
      v_next := v_last + case when v_called then v_use.step::numeric else 0 end;
      v_exhausted := v_next not between v_use.seqmin and v_use.seqmax;
      if v_exhausted and v_use.seqcycle then
        v_next := case when v_use.step > 0 then v_use.seqmin else v_use.seqmax end;
        v_exhausted := false;
      end if;
      v_evidence := jsonb_build_object('next_value', case when not v_exhausted then v_next end,
        'is_called', v_called, 'increment', v_use.step, 'cycle', v_use.seqcycle);

      if v_exhausted then
        return next ('check_sequences', v_use.subject, 'failed'::backup.verdict, v_expected,
          'the sequence is exhausted: it has no next value', v_evidence)::backup.finding;
        continue;
      elsif not v_use.plain then
        return next ('check_sequences', v_use.subject, 'skipped'::backup.verdict, v_expected,
          'values of the column are not plain numbers of the sequence', v_evidence)::backup.finding;
        continue;
      elsif v_use.seqcycle then
        v_taken := backup._read_only(format('select to_jsonb(exists (select from %s where %I = %s))', v_use.relation, v_use.column_name, v_next));
      else
        v_edge := backup._read_only(format('select to_jsonb(%s(%I)) from %s', case when v_use.step > 0 then 'max' else 'min' end,
          v_use.column_name, v_use.relation)) #>> '{}';
        v_taken := coalesce(case when v_use.step > 0 then v_edge >= v_next else v_edge <= v_next end, false);
        v_evidence := v_evidence || jsonb_build_object('outermost_value', v_edge);
      end if;
    exception when others then
      return next backup._finding_of_error('check_sequences', v_use.subject, v_expected, sqlstate, sqlerrm);
      continue;
    end;

    return next ('check_sequences', v_use.subject,
      case when v_taken then 'failed' else 'passed' end::backup.verdict, v_expected,
      case when not v_taken then format('next value %s is free', v_next)
           when v_use.seqcycle then format('next value %s is in use', v_next)
           else format('next value %s, but the column reaches %s', v_next, v_edge) end,
      v_evidence)::backup.finding;
  end loop;
end
$$;

comment on function backup.check_sequences(text, text) is
  'Compares every sequence with the columns that draw from it: its next value must be free, and it must have one. Arguments narrow it to the columns of a schema and a table.';
revoke all on function backup.check_sequences(text, text) from public;
