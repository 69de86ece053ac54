-- requires: tables/settings.sql, functions/raise_alert.sql, functions/resolve_alert.sql
-- backup.check_bucket_owner(p_ref)
--
-- Why: a physical copy of a project has its ledger and, once its functions are deployed with the same secrets, its bucket. What the copy
-- deletes is the source's. So the first project that applies retention is remembered in backup.settings.bucket_owner, which a copy
-- takes along, and every other one is refused. p_ref: reference of the hosted project that asks, from its address; null where there is
-- none, as on a server of one's own. A ledger without an owner whose folder is named as a hosted project belongs to that one.
-- Returns null when p_ref may delete, else the owner; the alert is raised here, as an error would take it back.
create or replace function backup.check_bucket_owner(p_ref text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_owner text;
begin
  select coalesce(s.bucket_owner, case when s.project_ref ~ '^[a-z]{20}$' then s.project_ref end) into v_owner
  from backup.settings s for no key update;
  if v_owner is not null and v_owner is distinct from p_ref then
    perform backup.raise_alert('bucket_of_another', 'critical',
      format('retention is refused: the backups that this ledger lists belong to project %s, and this is %s', v_owner, coalesce(p_ref, 'another database')),
      jsonb_build_object('owner', v_owner, 'project', p_ref));
    return v_owner;
  end if;
  update backup.settings s set bucket_owner = p_ref where s.bucket_owner is null and p_ref is not null;
  perform backup.resolve_alert('bucket_of_another');
  return null;
end;
$$;

comment on function backup.check_bucket_owner(text) is
  'Null when the hosted project of this reference may delete what the ledger lists, and the first to ask may; else the reference of the project it belongs to, with an alert.';
revoke all on function backup.check_bucket_owner(text) from public;
