-- backup.keeper_command(p_run_id)
--
-- Why: the same text makes a keeper of any session: a pg_cron job, the command, or psql. Two transactions, because the
-- claim must be visible to others while the second one holds the snapshot. No timeout may end it early (that of
-- transactions is known from PostgreSQL 17 on), a database that is read-only by default can be backed up, and no notice may be sent to a pg_cron that has stopped listening.
create or replace function backup.keeper_command(p_run_id text)
returns text
language sql
immutable
set search_path = ''
as $$
  select pg_catalog.format(
    'set client_min_messages = error; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = 0; '
    'set default_transaction_read_only = off; '
    'select pg_catalog.set_config(''transaction_timeout'', ''0'', false) where pg_catalog.current_setting(''transaction_timeout'', true) is not null; '
    'begin; select backup.claim_keeper(%L); commit; '
    'begin isolation level read committed; select backup.hold_snapshot(%L); commit',
    p_run_id, p_run_id)
$$;

comment on function backup.keeper_command(text) is 'SQL text that turns a session into the keeper of a run. It returns when the run has ended.';
revoke all on function backup.keeper_command(text) from public;
