-- requires: tables/settings.sql, tables/runs.sql, functions/resolve_alert.sql
-- backup.take_over_bucket(p_ref)
--
-- Why: says that this project deletes from now on. A project that was moved keeps backup.settings.project_ref, and with it the folder
-- and all runs. A copy beside its source is given a project_ref of its own first: the runs of other folders are then the source's, and
-- the ledger counts them as gone, so that nothing here ever deletes them. Their objects stay.
-- p_ref: reference of the hosted project; null on a server of one's own, whose folder must not be named as a hosted project.
-- Returns how many runs were given up. Errors: HF100.
create or replace function backup.take_over_bucket(p_ref text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_project text := (select s.project_ref from backup.settings s);
  v_given   integer;
begin
  if p_ref !~ '^[a-z]{20}$' then
    raise exception using errcode = 'HF100', message = 'that is not the reference of a hosted project',
      hint = 'It is the part before .supabase.co in the address of the project: twenty lower-case letters.';
  end if;
  if p_ref is null and v_project ~ '^[a-z]{20}$' then
    raise exception using errcode = 'HF100', message = format('folder %s is that of a hosted project', v_project),
      hint = 'Give this database a folder of its own: update backup.settings set project_ref = ''<name>'' where id; then call this again.';
  end if;
  update backup.runs r
     set state = case r.state when 'complete' then 'expired' else r.state end, objects_deleted_at = now()
   where r.state in ('complete', 'failed', 'expired') and r.objects_deleted_at is null
     and right('/' || r.object_prefix, length(v_project || r.run_id) + 8) <> format('/%s/runs/%s/', v_project, r.run_id);
  get diagnostics v_given = row_count;
  delete from backup.retention_marks m using backup.runs r
   where r.run_id = m.run_id and m.swept_at is null and r.objects_deleted_at is not null;
  update backup.settings set bucket_owner = p_ref where id;
  perform backup.resolve_alert('bucket_of_another');
  return v_given;
end;
$$;

comment on function backup.take_over_bucket(text) is
  'Makes the hosted project of this reference the one whose retention deletes in the bucket. Runs outside of the folder backup.settings.project_ref are given up: they stay in the bucket. Returns how many. Errors: HF100.';
revoke all on function backup.take_over_bucket(text) from public;
