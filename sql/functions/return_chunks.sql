-- requires: functions/held_chunks.sql
-- backup.return_chunks(p_run_id, p_claim_id)
--
-- Why: chunks that were claimed together with one that failed were not tried; giving them back costs them no attempt.
-- Errors: HF003, HF004.
create or replace function backup.return_chunks(p_run_id text, p_claim_id uuid)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_held  integer[] := array(select h.chunk_no from backup.held_chunks(p_run_id, p_claim_id) h);
begin
  update backup.chunks c
     set state = 'pending', claim_id = null, lease_until = null, attempts = c.attempts - 1
   where c.run_id = p_run_id and c.chunk_no = any (v_held);
  return cardinality(v_held);
end;
$$;

comment on function backup.return_chunks(text, uuid) is 'Gives untried chunks of a claim back; returns how many. Errors: HF003, HF004.';
revoke all on function backup.return_chunks(text, uuid) from public;
