-- backup._cron_field(p_field, p_low, p_high, p_names)
--
-- Why: one field of a cron expression means the same to the validation and to the next run. pg_cron takes some spellings
-- silently for something else (5/10 for 5, 5-2 for never); those are no values here.
create or replace function backup._cron_field(p_field text, p_low integer, p_high integer, p_names text[] default null)
returns integer[]
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_part   text;
  v_match  text[];
  v_low    integer;
  v_high   integer;
  v_values integer[] := '{}';
begin
  foreach v_part in array string_to_array(lower(p_field), ',') loop
    v_match := regexp_match(v_part, '^(?:(\*)|([0-9]{1,3}|[a-z]{3})(?:-([0-9]{1,3}|[a-z]{3}))?)(?:/([0-9]{1,3}))?$');
    if v_match is null or (v_match[4] is not null and v_match[1] is null and v_match[3] is null) then
      return null;
    end if;
    v_low := case when v_match[1] is not null then p_low
                  when v_match[2] ~ '^[0-9]' then v_match[2]::integer
                  else p_low - 1 + array_position(p_names, v_match[2]) end;
    v_high := case when v_match[1] is not null then p_high
                   when v_match[3] is null then v_low
                   when v_match[3] ~ '^[0-9]' then v_match[3]::integer
                   else p_low - 1 + array_position(p_names, v_match[3]) end;
    if not coalesce(v_low >= p_low and v_high <= p_high and v_low <= v_high and coalesce(v_match[4]::integer, 1) > 0, false) then
      return null;
    end if;
    v_values := v_values || array(select generate_series(v_low, v_high, coalesce(v_match[4]::integer, 1)));
  end loop;
  return nullif(v_values, '{}');
end
$$;

comment on function backup._cron_field(text, integer, integer, text[]) is
  'Values that one field of a cron expression allows: lists, ranges, steps, and names where they are given; null when it is none.';
revoke all on function backup._cron_field(text, integer, integer, text[]) from public;
