-- backup.version()
--
-- Why: functions are deployed and migrations are pushed by different commands, so the two can be of different versions; what
-- compares them has to be told by the database itself. Raised with package.json.
create or replace function backup.version()
returns text
language sql
immutable
set search_path = ''
as $$ select '0.1.0' $$;

comment on function backup.version() is 'Version of Holdfast whose migrations this database has.';
revoke all on function backup.version() from public;
