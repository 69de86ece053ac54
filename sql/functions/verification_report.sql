-- requires: tables/verifications.sql
-- backup.verification_report(verification id)
--
-- Why: somebody in Studio wants to read what the functions and the command print. The text is written once, when the last
-- answer arrived, so that every reader sees the same. Errors: HF006 there is no such verification, or none has finished.
create or replace function backup.verification_report(p_verification_id uuid default null)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_found backup.verifications;
begin
  select * into v_found
  from backup.verifications v
  where case when p_verification_id is null then v.verdict is not null else v.verification_id = p_verification_id end
  order by v.started_at desc, v.verification_id
  limit 1;
  if not found then
    raise exception using errcode = 'HF006',
      message = case when p_verification_id is null then 'no verification has finished yet' else format('verification %s does not exist', p_verification_id) end,
      hint = 'Start one with the function verify-backup or with holdfast verify.';
  end if;
  return coalesce(v_found.report, case
    when v_found.verdict is null then format('Verification %s is still running.', v_found.verification_id)
    else format(E'Verification %s ended: %s. Its report is not written yet; the answers are in backup.verification_results.', v_found.verification_id, v_found.verdict)
  end);
end
$$;

comment on function backup.verification_report(uuid) is
  'The report of a verification as Markdown, by default of the newest finished one. Errors: HF006.';
revoke all on function backup.verification_report(uuid) from public;
