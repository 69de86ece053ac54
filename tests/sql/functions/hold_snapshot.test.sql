-- Tests sql/functions/hold_snapshot.sql
begin;
select plan(12);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message)
values ('20260101T000000Z-00000a', 'failed', 'daily', 'sql', 'cli', 'x/', now(), 'HF300', 'x');
-- The name has to change while the run is held; the trigger of its end sees what the rest of the world sees.
create temporary table seen (application_name text);
create function pg_temp.look() returns trigger language plpgsql as $$
begin
  insert into seen select current_setting('application_name');
  return new;
end $$;

-- contract
select function_returns('backup', 'hold_snapshot', array['text'], 'text', 'hold_snapshot() returns text');
select isnt(obj_description('backup.hold_snapshot(text)'::regprocedure), null, 'hold_snapshot() has a comment');

-- behaviour
select is(backup.hold_snapshot('20260101T000000Z-00000a'), 'failed', 'hold_snapshot() returns at once when the run has failed');
select is(current_setting('application_name'), 'holdfast', 'hold_snapshot() lets go of the name');
update backup.runs set state = 'complete', failure_code = null, failure_message = null, manifest_key = 'k', manifest_sha256 = 's';
select is(backup.hold_snapshot('20260101T000000Z-00000a'), 'complete', 'hold_snapshot() returns at once when the run is complete');
select is(backup.hold_snapshot('20260101T000000Z-00000b'), 'gone', 'hold_snapshot() returns when the run was deleted');
update backup.runs set state = 'exporting', finished_at = null, manifest_key = null, manifest_sha256 = null;
update backup.settings set keeper_max_age = '0.3 seconds';
create trigger look before update on backup.runs for each row execute function pg_temp.look();
select is(backup.hold_snapshot('20260101T000000Z-00000a'), 'failed', 'hold_snapshot() ends with the run when it reaches its maximum age');
select results_eq('select state::text, failure_code, failure_message from backup.runs', $$ values ('failed', 'HF300', 'snapshot lost') $$, 'hold_snapshot() then records HF300');
select matches((select application_name from seen), '^holdfast:20260101T000000Z-00000a:[0-9A-F]{8}-[0-9A-F]{8}-[0-9]+$', 'hold_snapshot() publishes the snapshot while it holds it');

-- permissions
select function_privs_are('backup', 'hold_snapshot', array['text'], 'anon', array[]::text[], 'anon may not execute hold_snapshot()');
select function_privs_are('backup', 'hold_snapshot', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute hold_snapshot()');
select function_privs_are('backup', 'hold_snapshot', array['text'], 'service_role', array[]::text[], 'service_role may not execute hold_snapshot()');

select * from finish();
rollback;
