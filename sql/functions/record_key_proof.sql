-- requires: tables/key_proofs.sql
-- backup.record_key_proof(p_proof)
--
-- Why: the private key is nowhere near this database, so whoever holds it says here that it opened a backup.
-- p_proof: {run_id, recipient, manifest_sha256, objects, bytes}.
-- Returns the id of the proof. Errors: HF001 this ledger does not know the run, HF704 it is another backup or not for this key.
create or replace function backup.record_key_proof(p_proof jsonb)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_run          backup.runs;
  v_key_proof_id uuid;
begin
  select * into v_run from backup.runs r where r.run_id = p_proof ->> 'run_id';
  if not found then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_proof ->> 'run_id'),
      hint = 'The backup is of another ledger; the key opens it, but that cannot be recorded here.';
  end if;
  if v_run.manifest_sha256 is distinct from p_proof ->> 'manifest_sha256' then
    raise exception using errcode = 'HF704', message = format('the proof is about another backup than run %s of this ledger', v_run.run_id),
      hint = 'Prove the key with the backup that this ledger recorded.';
  end if;
  if p_proof ->> 'recipient' is null or not (p_proof ->> 'recipient' = any (coalesce(v_run.age_recipients, '{}'))) then
    raise exception using errcode = 'HF704', message = format('run %s is not encrypted to this recipient', v_run.run_id),
      hint = 'See age_recipients in backup.runs.';
  end if;
  insert into backup.key_proofs (recipient, run_id, manifest_sha256, objects, bytes)
  select k.recipient, k.run_id, k.manifest_sha256, k.objects, k.bytes
  from jsonb_to_record(p_proof) as k(recipient text, run_id text, manifest_sha256 text, objects integer, bytes bigint)
  returning key_proof_id into v_key_proof_id;
  return v_key_proof_id;
end;
$$;

comment on function backup.record_key_proof(jsonb) is 'Records that the private key of a recipient opened a backup. Errors: HF001, HF704.';
revoke all on function backup.record_key_proof(jsonb) from public;
