-- requires: tables/retention_marks.sql, tables/runs.sql, tables/drills.sql, functions/retention_plan.sql, functions/_held_sweep.sql
-- backup.begin_sweep(p_run_id, p_claim_id, p_now)
--
-- Why: the last question before the first deletion. The plan is asked once more, because runs, drills and policies may have
-- changed since the mark, and a drill may have begun to restore this run since the claim. Then the ledger stops calling the run a
-- restore point, before the bucket does.
-- Returns false when the run is to be kept after all; its mark is gone then. Errors: HF602 the claim is not held, HF600.
create or replace function backup.begin_sweep(p_run_id text, p_claim_id uuid, p_now timestamptz default now())
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  perform backup._held_sweep(p_run_id, p_claim_id);
  -- Two processes that each expire a run must not both believe the other one's is kept.
  perform s.id from backup.settings s for update;
  if not exists (select from backup.retention_plan(p_now) p where p.run_id = p_run_id and p.decision = 'expire')
     or exists (select from backup.drills d where d.run_id = p_run_id and d.state = 'running') then
    delete from backup.retention_marks m where m.run_id = p_run_id;
    return false;
  end if;
  update backup.runs r set state = 'expired' where r.run_id = p_run_id and r.state = 'complete';
  return true;
end;
$$;

comment on function backup.begin_sweep(text, uuid, timestamptz) is
  'Asks the plan once more and makes a run expired, so that its objects may be deleted; false when it is to be kept after all. Errors: HF600, HF602.';
revoke all on function backup.begin_sweep(text, uuid, timestamptz) from public;
