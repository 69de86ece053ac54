-- requires: tables/verification_results.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup._primary_backups_alert(p_verification_id)
--
-- Why: missing backups of the platform are a cause of their own, which another failed check must not keep open. A look
-- that could not be taken neither raises nor resolves it. A policy that was turned off has nothing to miss.
create or replace function backup._primary_backups_alert(p_verification_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_failed text;
  v_doubt  boolean;
begin
  select string_agg(format('%s: %s', r.subject, r.actual), '; ' order by r.subject desc) filter (where r.verdict = 'failed'),
         coalesce(bool_or(r.verdict = 'inconclusive'), true)
    into v_failed, v_doubt
  from backup.verification_results r
  where r.verification_id = p_verification_id and r.check_name = 'check_primary_backups';
  if v_failed is not null then
    perform backup.raise_alert('primary_backups', 'critical', 'backups by Supabase: ' || v_failed,
      jsonb_build_object('verification_id', p_verification_id));
  elsif not v_doubt then
    perform backup.resolve_alert('primary_backups');
  end if;
end
$$;

comment on function backup._primary_backups_alert(uuid) is 'Raises or resolves the alert primary_backups after what check_primary_backups answered in a verification.';
revoke all on function backup._primary_backups_alert(uuid) from public;
