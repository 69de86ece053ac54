-- requires: tables/runs.sql, tables/policies.sql, tables/settings.sql
-- backup.object_properties(p_run_id)
--
-- Why: what the objects of a run are stored with follows from its tier, and is decided where the strategy is: the storage class,
-- tags by which a lifecycle rule of the bucket can tell what has expired, and how long Object Lock holds them. Both end when
-- retention may delete the run by its own tier: a lock that lasted longer would block retention, a shorter one would protect less.
-- Errors: HF001, HF600 objects are to be locked and no policy says how long.
create or replace function backup.object_properties(p_run_id text)
returns table (storage_class text, tags jsonb, lock_mode text, retain_until timestamptz)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_run     backup.runs;
  v_expires timestamptz;
  v_class   text;
  v_lock    text := (select s.object_lock from backup.settings s);
begin
  select * into v_run from backup.runs r where r.run_id = p_run_id;
  if not found then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_run_id),
      hint = 'List runs with select * from backup.runs order by run_id desc.';
  end if;
  select (coalesce(v_run.snapshot_at, v_run.requested_at) at time zone 'UTC' + p.retention) at time zone 'UTC', p.storage_class
    into v_expires, v_class
  from backup.policies p where p.provider = 'aws_s3' and p.tier = v_run.tier order by p.retention desc, p.name limit 1;
  if v_lock is not null and v_expires is null then
    raise exception using errcode = 'HF600', message = format('no policy gives tier %s a retention, so its objects cannot be locked', v_run.tier),
      hint = 'Name the tier in a policy of backup.policies, or set backup.settings.object_lock to null.';
  end if;
  return query select v_class,
    jsonb_strip_nulls(jsonb_build_object('tier', v_run.tier, 'expires', to_char(v_expires at time zone 'UTC', 'YYYY-MM-DD'))),
    v_lock, case when v_lock is not null then v_expires end;
end;
$$;

comment on function backup.object_properties(text) is
  'Storage class, tags and Object Lock that the objects of a run are to be stored with, from the policy of its tier. Errors: HF001, HF600.';
revoke all on function backup.object_properties(text) from public;
