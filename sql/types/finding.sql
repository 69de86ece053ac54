-- requires: types/verdict.sql
-- The one row type every check returns, so that results of any check can be stored, compared and reported alike.
create type backup.finding as (
  check_name text,
  subject    text,
  verdict    backup.verdict,
  expected   text,
  actual     text,
  evidence   jsonb
);
comment on type backup.finding is
  'One answer of one check about one subject. Evidence says what was read; it never holds the contents of rows.';
