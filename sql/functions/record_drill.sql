-- requires: tables/drills.sql, functions/_drill_alert.sql
-- backup.record_drill(p_drill)
--
-- Why: a drill of the holdfast command is over before the ledger hears of it, since it works without the ledger as well.
-- p_drill: {drill_id, run_id, target, selection, manifest_sha256, verdict, started_at, finished_at, phase_seconds, rows,
-- raw_bytes, proof, proof_key, failure_code, failure_message}. The same drill_id again changes nothing.
-- Returns the drill's id. Errors: HF001 this ledger does not know the run.
create or replace function backup.record_drill(p_drill jsonb)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_drill_id uuid := coalesce((p_drill ->> 'drill_id')::uuid, gen_random_uuid());
begin
  if not exists (select from backup.runs r where r.run_id = p_drill ->> 'run_id') then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_drill ->> 'run_id'),
      hint = 'The backup is of another ledger; the drill counts, but cannot be recorded here.';
  end if;
  insert into backup.drills (drill_id, run_id, trigger, engine, target, selection, state, manifest_sha256, verdict, started_at,
                             finished_at, phase_seconds, rows, raw_bytes, proof, proof_key, failure_code, failure_message)
  select v_drill_id, r.run_id, 'cli', 'cli', r.target, coalesce(r.selection, 'named'),
         case when r.failure_code is null then 'complete' else 'failed' end, r.manifest_sha256, r.verdict, r.started_at,
         r.finished_at, coalesce(r.phase_seconds, '{}'), r.rows, r.raw_bytes, coalesce(r.proof, '{}'), r.proof_key,
         r.failure_code, r.failure_message
  from jsonb_to_record(p_drill) as r(
    run_id text, target text, selection text, manifest_sha256 text, verdict backup.verdict, started_at timestamptz,
    finished_at timestamptz, phase_seconds jsonb, rows bigint, raw_bytes bigint, proof jsonb, proof_key text,
    failure_code text, failure_message text)
  on conflict (drill_id) do nothing;
  if found then
    perform backup._drill_alert(v_drill_id);
  end if;
  return v_drill_id;
end;
$$;

comment on function backup.record_drill(jsonb) is 'Records a finished drill of the holdfast command and raises or resolves the alert. Errors: HF001.';
revoke all on function backup.record_drill(jsonb) from public;
