-- requires: tables/settings.sql, tables/retention_marks.sql, functions/retention_plan.sql, functions/dispatch.sql
-- backup.run_retention()
--
-- Why: the scheduled entry of retention. Deleting has to be asked for (backup.settings.retention_mode); until then it says every
-- day what it would do, where job_runs shows it. Functions do the deleting, as only they reach the bucket.
-- Errors: HF600.
create or replace function backup.run_retention()
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_mode   text := (select s.retention_mode from backup.settings s);
  v_expire integer;
begin
  if v_mode = 'off' then
    return jsonb_build_object('mode', v_mode);
  end if;
  select count(*) into v_expire from backup.retention_plan() p where p.decision = 'expire';
  if v_mode = 'apply' then
    perform backup.dispatch('apply-retention', '{"apply": true, "trigger": "schedule"}');
  end if;
  return jsonb_build_object('mode', v_mode, 'expire', v_expire);
end;
$$;

comment on function backup.run_retention() is
  'Starts apply-retention, or only counts what it would delete, or nothing, as backup.settings.retention_mode says; returns the mode and the count. Errors: HF600.';
revoke all on function backup.run_retention() from public;
