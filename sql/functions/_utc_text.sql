-- backup._utc_text(p_at)
--
-- Why: a time in a message reads the same whatever the time zone of the session that wrote it.
create or replace function backup._utc_text(p_at timestamptz)
returns text
language sql
immutable
set search_path = ''
as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;

comment on function backup._utc_text(timestamptz) is 'A time as ISO 8601 in UTC, as 2026-01-31T12:00:00Z.';
revoke all on function backup._utc_text(timestamptz) from public;
