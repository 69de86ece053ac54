-- backup._finding_of_error(check, subject, expected, sqlstate, message)
--
-- Why: a check that cannot look has not seen that all is well. Every error becomes inconclusive, except data corruption
-- (class XX, as XX001 data_corrupted), which is the very thing the checks search for.
-- Messages of most errors may quote a row ("invalid input syntax for type integer: …"), so only those of classes 25, 42
-- and 55 are kept: they speak of statements, objects, privileges and locks.
create or replace function backup._finding_of_error(
  p_check    text,
  p_subject  text,
  p_expected text,
  p_sqlstate text,
  p_message  text
)
returns backup.finding
language sql
immutable
set search_path = ''
as $$
  select (p_check, p_subject,
    case when p_sqlstate like 'XX%' then 'failed' else 'inconclusive' end::backup.verdict,
    p_expected,
    case when p_sqlstate ~ '^(25|42|55)' then format('error %s: %s', p_sqlstate, p_message)
         else format('error %s', p_sqlstate) end,
    jsonb_build_object('sqlstate', p_sqlstate))::backup.finding
$$;

comment on function backup._finding_of_error(text, text, text, text, text) is
  'Private: turns an error met by a check into a finding: inconclusive, or failed for data corruption. Never holds row values.';
revoke all on function backup._finding_of_error(text, text, text, text, text) from public;
