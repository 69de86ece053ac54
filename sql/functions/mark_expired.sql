-- requires: tables/retention_marks.sql, tables/settings.sql, functions/retention_plan.sql
-- backup.mark_expired(p_now)
--
-- Why: nothing is deleted in the breath in which it expires. A mark is seen in status and command for the grace period, and
-- whoever changes the policy meanwhile takes it back. What is being deleted stays marked, as there is no way back.
-- Errors: HF600.
create or replace function backup.mark_expired(p_now timestamptz default now())
returns table (marked integer, unmarked integer)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_marked   integer;
  v_unmarked integer;
begin
  with plan as (
    select p.run_id, p.decision, p.reasons from backup.retention_plan(p_now) p
  ), gone as (
    delete from backup.retention_marks m using plan p
    where p.run_id = m.run_id and p.decision = 'keep' and m.swept_at is null returning m.run_id
  ), added as (
    insert into backup.retention_marks (run_id, reasons, marked_at, delete_after)
    select p.run_id, p.reasons, p_now, p_now + s.retention_grace
    from plan p cross join backup.settings s where p.decision = 'expire'
    on conflict (run_id) do nothing returning run_id
  )
  select (select count(*) from added), (select count(*) from gone) into v_marked, v_unmarked;
  return query select v_marked, v_unmarked;
end;
$$;

comment on function backup.mark_expired(timestamptz) is
  'Marks every run that backup.retention_plan() lets expire, takes back marks of runs it keeps, and returns how many of each. Errors: HF600.';
revoke all on function backup.mark_expired(timestamptz) from public;
