-- requires: tables/objectives.sql
-- backup.set_objective(p_name, p_target)
--
-- Why: as backup.set_policy(). A target that is not reached yet is no error: that is what a target is for.
-- Errors: HF810 no such objective, HF811 the target is refused.
create or replace function backup.set_objective(p_name text, p_target text)
returns interval
language plpgsql
set search_path = ''
as $$
declare
  v_target interval;
begin
  begin
    v_target := p_target::interval;
  exception when invalid_text_representation or invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
    null;
  end;
  if v_target is null or v_target <= interval '0' then
    raise exception using errcode = 'HF811', message = format('%L is no time above zero', p_target), hint = 'Give a target as ''4 hours'' or ''15 minutes''.';
  end if;
  update backup.objectives o set target = v_target where o.name = lower(p_name);
  if not found then
    raise exception using errcode = 'HF810', message = format('objective %L does not exist', p_name), hint = 'Objectives are rto and rpo.';
  end if;
  return v_target;
end
$$;

comment on function backup.set_objective(text, text) is 'Sets the target of a recovery objective, rto or rpo, as ''4 hours'', and returns it. Errors: HF810, HF811.';
revoke all on function backup.set_objective(text, text) from public;
