-- requires: tables/runs.sql
-- backup.add_warnings(p_run_id, p_warnings)
--
-- Why: what a backup does not cover is part of its result. The same warning of a second attempt is kept once.
create or replace function backup.add_warnings(p_run_id text, p_warnings jsonb)
returns void
language sql
set search_path = ''
as $$
  update backup.runs r
     set warnings = (select coalesce(jsonb_agg(distinct w), '[]') from jsonb_array_elements(r.warnings || coalesce(p_warnings, '[]')) w)
   where r.run_id = p_run_id
$$;

comment on function backup.add_warnings(text, jsonb) is 'Adds {code, subject, message} objects to the warnings of a run; duplicates are kept once.';
revoke all on function backup.add_warnings(text, jsonb) from public;
