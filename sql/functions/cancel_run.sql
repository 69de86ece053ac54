-- requires: functions/fail_run.sql
-- backup.cancel_run(p_run_id)
--
-- Why: a person who wants a run to stop should not have to know how a failure is recorded. Workers notice at their next
-- report; what they stored is debris that retention collects.
create or replace function backup.cancel_run(p_run_id text)
returns boolean
language sql
set search_path = ''
as $$
  select backup.fail_run(p_run_id, 'HF008', 'run was cancelled')
$$;

comment on function backup.cancel_run(text) is 'Ends an active run at the wish of a person; false when it had already ended.';
revoke all on function backup.cancel_run(text) from public;
