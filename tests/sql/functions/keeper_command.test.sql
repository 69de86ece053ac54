-- Tests sql/functions/keeper_command.sql
begin;
select plan(7);

-- arrange
create function pg_temp.statements(p_run text) returns setof text language sql as
  $$ select trim(s) from regexp_split_to_table(backup.keeper_command(p_run), ';') s $$;

-- contract
select function_returns('backup', 'keeper_command', array['text'], 'text', 'keeper_command() returns text');
select isnt(obj_description('backup.keeper_command(text)'::regprocedure), null, 'keeper_command() has a comment');

-- behaviour
select results_eq('select * from pg_temp.statements(''R'')', array[
  'set client_min_messages = error', 'set statement_timeout = 0', 'set idle_in_transaction_session_timeout = 0', 'set lock_timeout = 0',
  'set default_transaction_read_only = off',
  'select pg_catalog.set_config(''transaction_timeout'', ''0'', false) where pg_catalog.current_setting(''transaction_timeout'', true) is not null',
  'begin', 'select backup.claim_keeper(''R'')', 'commit',
  'begin isolation level read committed', 'select backup.hold_snapshot(''R'')', 'commit'],
  'keeper_command() lifts the limits, claims the run for all to see, and then holds the snapshot');
select is((select count(*)::integer from pg_temp.statements('it''s') s where s like '%(''it''''s'')'), 2, 'keeper_command() quotes the run');

-- permissions
select function_privs_are('backup', 'keeper_command', array['text'], 'anon', array[]::text[], 'anon may not execute keeper_command()');
select function_privs_are('backup', 'keeper_command', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute keeper_command()');
select function_privs_are('backup', 'keeper_command', array['text'], 'service_role', array[]::text[], 'service_role may not execute keeper_command()');

select * from finish();
rollback;
