-- requires: tables/runs.sql
-- backup.fix_recipients(p_run_id, p_recipients)
--
-- Why: whom a backup is encrypted to is decided once, before its first object. Workers of one run may see different
-- configurations when somebody changes a secret meanwhile; half of a backup for another key would be a backup nobody can open.
-- Returns the recipients that hold, which are those of the first call. Errors: HF001, HF003, HF700.
create or replace function backup.fix_recipients(p_run_id text, p_recipients text[])
returns text[]
language plpgsql
set search_path = ''
as $$
declare
  v_run backup.runs;
begin
  select * into v_run from backup.runs r where r.run_id = p_run_id for no key update;
  if not found then
    raise exception using errcode = 'HF001', message = format('run %L does not exist', p_run_id),
      hint = 'List runs with select * from backup.runs order by run_id desc.';
  end if;
  if v_run.age_recipients is not null then
    return v_run.age_recipients;
  end if;
  if v_run.state in ('complete', 'failed', 'expired') then
    raise exception using errcode = 'HF003', message = format('run %s has already ended as %s', p_run_id, v_run.state),
      hint = 'Start another run with backup.start_run().';
  end if;
  -- The text is not repeated: it may be a private key.
  if p_recipients is null or exists (select from unnest(p_recipients) r where r is null or r !~ '^age1[02-9ac-hj-np-z]{58}$') then
    raise exception using errcode = 'HF700', message = 'a recipient is not the public key of an age key pair',
      hint = 'Give public keys as age-keygen prints them, or an empty array for a backup that is not encrypted.';
  end if;
  update backup.runs r set age_recipients = p_recipients where r.run_id = p_run_id;
  return p_recipients;
end;
$$;

comment on function backup.fix_recipients(text, text[]) is
  'Decides whom a run is encrypted to, unless that is decided, and returns what holds; empty means not encrypted. Errors: HF001, HF003, HF700.';
revoke all on function backup.fix_recipients(text, text[]) from public;
