-- requires: tables/retention_marks.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup._settle_retention_alert()
--
-- Why: one alert for all runs that should be gone and are not, taken back when none is left. Messages of the storage may hold
-- keys of objects, which name tables; the alert has ids and codes alone.
create or replace function backup._settle_retention_alert()
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_locked  bigint;
  v_refused bigint;
  v_until   timestamptz;
  v_runs    jsonb;
begin
  select count(*) filter (where m.error_code is null), count(*) filter (where m.error_code is not null), max(m.locked_until),
         jsonb_agg(jsonb_strip_nulls(jsonb_build_object('run_id', m.run_id, 'locked_until', m.locked_until, 'code', m.error_code)) order by m.run_id)
    into v_locked, v_refused, v_until, v_runs
  from (
    select * from backup.retention_marks o where o.swept_at is null and (o.locked_until is not null or o.error_code is not null)
    order by o.run_id limit 20
  ) m;
  if v_runs is null then
    perform backup.resolve_alert('retention_blocked');
    return;
  end if;
  perform backup.raise_alert('retention_blocked', 'warning',
    'retention cannot delete: ' || concat_ws(', ',
      case when v_locked > 0 then format('%s locked, at the longest until %s', v_locked, to_char(v_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')) end,
      case when v_refused > 0 then format('%s refused by the storage', v_refused) end),
    jsonb_build_object('runs', v_runs));
end;
$$;

comment on function backup._settle_retention_alert() is 'Raises the alert retention_blocked while a marked run is locked or refused, and resolves it when none is.';
revoke all on function backup._settle_retention_alert() from public;
