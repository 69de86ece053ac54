-- requires: functions/unschedule.sql, functions/installed_schedules.sql, tables/policies.sql
-- backup.disable()
--
-- Why: one call stops everything Holdfast starts by itself. Backups in the bucket and the ledger stay.
create or replace function backup.disable()
returns void
language plpgsql
set search_path = ''
as $$
begin
  update backup.policies p set enabled = false where p.provider = 'aws_s3';
  perform backup.unschedule(i.job_name) from backup.installed_schedules() i;
end;
$$;

comment on function backup.disable() is 'Turns the S3 backup off and removes every schedule; what is in the bucket stays. Safe to call again.';
revoke all on function backup.disable() from public;
