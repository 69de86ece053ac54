-- requires: functions/next_run.sql
-- backup.cron_problem(p_schedule)
--
-- Why: pg_cron accepts some expressions that are never due, and what it refuses it refuses without a reason. Stricter than
-- pg_cron, so that what passes here means what it seems to.
create or replace function backup.cron_problem(p_schedule text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_fields text[] := regexp_split_to_array(lower(btrim(p_schedule)), '\s+');
  v_field  record;
begin
  if p_schedule is null then
    return null;
  end if;
  if array_length(v_fields, 1) = 2 and v_fields[2] in ('second', 'seconds') then
    return case when v_fields[1] !~ '^([1-9]|[1-5][0-9])$' then format('%s is no number of seconds from 1 to 59', quote_literal(v_fields[1])) end;
  end if;
  if array_length(v_fields, 1) is distinct from 5 then
    return format('%s has %s fields instead of 5: minute hour day-of-month month day-of-week', quote_literal(p_schedule),
                  case when btrim(p_schedule) = '' then 0 else array_length(v_fields, 1) end);
  end if;
  for v_field in
    select * from (values
      (1, 'minute', 0, 59, null), (2, 'hour', 0, 23, null), (3, 'day of month', 1, 31, null),
      (4, 'month', 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}'::text[]),
      (5, 'day of week', 0, 7, '{sun,mon,tue,wed,thu,fri,sat}')) as f(no, name, low, high, names)
  loop
    if backup._cron_field(v_fields[v_field.no], v_field.low, v_field.high, v_field.names) is null
       and not (v_field.no = 3 and v_fields[3] = '$') then
      return format('%s %s is no value, list, range or step from %s to %s', v_field.name, quote_literal(v_fields[v_field.no]), v_field.low, v_field.high);
    end if;
  end loop;
  if backup.next_run(p_schedule, '2000-01-01 00:00+00') is null then
    return format('%s is never due: none of its months has such a day', quote_literal(p_schedule));
  end if;
  return null;
end
$$;

comment on function backup.cron_problem(text) is
  'What is wrong with a pg_cron schedule, five fields or N seconds, in words; null when nothing is. $ is the last day of a month and needs pg_cron 1.5.';
revoke all on function backup.cron_problem(text) from public;
