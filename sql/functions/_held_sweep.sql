-- requires: tables/retention_marks.sql
-- backup._held_sweep(p_run_id, p_claim_id)
--
-- Why: a process that lost its lease must not report over the one that took over. Errors: HF602.
create or replace function backup._held_sweep(p_run_id text, p_claim_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform from backup.retention_marks m where m.run_id = p_run_id and m.claim_id = p_claim_id for update;
  if not found then
    raise exception using errcode = 'HF602', message = format('run %s is not held for deletion by this process', p_run_id),
      hint = 'Another process has taken it over; run holdfast retention to see how it stands.';
  end if;
end;
$$;

comment on function backup._held_sweep(text, uuid) is 'Locks the mark of a run that this claim holds. Errors: HF602.';
revoke all on function backup._held_sweep(text, uuid) from public;
