-- requires: functions/_cron_field.sql
-- backup.next_run(p_schedule, p_after)
--
-- Why: pg_cron does not tell when a job is due next. Reads a schedule as pg_cron does, in UTC: when day of month and day of
-- week are both restricted either is enough, and a field that begins with * counts as unrestricted, also as */2.
-- 41 years of days contain every combination of 29 February and a day of the week, across a century without a leap day too.
create or replace function backup.next_run(p_schedule text, p_after timestamptz default now())
returns timestamptz
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_fields  text[] := regexp_split_to_array(lower(btrim(p_schedule)), '\s+');
  v_minutes integer[];
  v_hours   integer[];
  v_days    integer[];
  v_months  integer[];
  v_weekdays integer[];
  v_either  boolean;
  v_start   timestamp := date_trunc('minute', p_after at time zone 'UTC') + interval '1 minute';
  v_day     date := v_start::date;
  v_minute  integer;
begin
  if array_length(v_fields, 1) = 2 and v_fields[2] in ('second', 'seconds') and v_fields[1] ~ '^([1-9]|[1-5][0-9])$' then
    return p_after + make_interval(secs => v_fields[1]::integer);
  end if;
  if array_length(v_fields, 1) is distinct from 5 or not isfinite(p_after) then
    return null;
  end if;
  v_minutes  := backup._cron_field(v_fields[1], 0, 59);
  v_hours    := backup._cron_field(v_fields[2], 0, 23);
  v_days     := case when v_fields[3] = '$' then '{}' else backup._cron_field(v_fields[3], 1, 31) end;
  v_months   := backup._cron_field(v_fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
  v_weekdays := backup._cron_field(v_fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}');
  if v_minutes is null or v_hours is null or v_days is null or v_months is null or v_weekdays is null then
    return null;
  end if;
  v_either := left(v_fields[3], 1) <> '*' and left(v_fields[5], 1) <> '*';

  while v_day < v_start::date + 366 * 41 loop
    if extract(month from v_day)::integer <> all (v_months) then
      v_day := (date_trunc('month', v_day::timestamp) + interval '1 month')::date;
      continue;
    end if;
    if (select case when v_either then d.day or d.weekday else d.day and d.weekday end
        from (select extract(day from v_day)::integer = any (v_days)
                       or (v_fields[3] = '$' and extract(day from v_day + 1) = 1) as day,
                     extract(dow from v_day)::integer = any (v_weekdays)
                       or (extract(dow from v_day) = 0 and 7 = any (v_weekdays)) as weekday) as d) then
      select min(h * 60 + m) into v_minute
      from unnest(v_hours) as h cross join unnest(v_minutes) as m
      where v_day + make_interval(mins => h * 60 + m) >= v_start;
      if v_minute is not null then
        return (v_day + make_interval(mins => v_minute)) at time zone 'UTC';
      end if;
    end if;
    v_day := v_day + 1;
  end loop;
  return null;
end
$$;

comment on function backup.next_run(text, timestamptz) is
  'First time after the given one at which a pg_cron schedule is due, in UTC; null when it is none or never due. See backup.cron_problem().';
revoke all on function backup.next_run(text, timestamptz) from public;
