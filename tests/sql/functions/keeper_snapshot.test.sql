-- Tests sql/functions/keeper_snapshot.sql
begin;
select plan(13);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_id)
values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', '00000003-00000001-1');
update backup.runs set (keeper_pid, keeper_backend_start) = (select pid, backend_start from pg_stat_activity where pid = pg_backend_pid());
create function pg_temp.held(p_application_name text) returns text language plpgsql as $$
begin
  perform set_config('application_name', p_application_name, true);
  perform pg_stat_clear_snapshot();
  return (select k.snapshot_id from backup.keeper_snapshot('20260101T000000Z-00000a') k);
end $$;

-- contract
select function_returns('backup', 'keeper_snapshot', array['text'], 'record', 'keeper_snapshot() returns record');
select isnt(obj_description('backup.keeper_snapshot(text)'::regprocedure), null, 'keeper_snapshot() has a comment');

-- behaviour
select is(pg_temp.held('holdfast:20260101T000000Z-00000a:00000003-0000001B-1'), '00000003-0000001B-1', 'keeper_snapshot() reads the snapshot from application_name');
select is((select k.held_since from backup.keeper_snapshot('20260101T000000Z-00000a') k), now(), 'keeper_snapshot() tells since when the transaction is open');
select is(pg_temp.held('holdfast'), null, 'keeper_snapshot() is null when the session has let go');
select is(pg_temp.held('holdfast:20260101T000000Z-00000b:00000003-0000001B-1'), null, 'keeper_snapshot() is null when the session keeps another run');
select is(pg_temp.held('pretend:holdfast:20260101T000000Z-00000a:00000003-0000001B-1'), null, 'keeper_snapshot() reads only names that begin as expected');
update backup.runs set keeper_backend_start = keeper_backend_start - interval '1 second';
select is(pg_temp.held('holdfast:20260101T000000Z-00000a:00000003-0000001B-1'), null, 'keeper_snapshot() does not mistake a later process with the same id for the keeper');
update backup.runs set keeper_backend_start = keeper_backend_start + interval '1 second', keeper_pid = -1;
select is(pg_temp.held('holdfast:20260101T000000Z-00000a:00000003-0000001B-1'), null, 'keeper_snapshot() is null when the process is gone');
select is((select count(*)::integer from backup.keeper_snapshot('20260101T000000Z-00000b')), 1, 'keeper_snapshot() answers for an unknown run with nulls');

-- permissions
select function_privs_are('backup', 'keeper_snapshot', array['text'], 'anon', array[]::text[], 'anon may not execute keeper_snapshot()');
select function_privs_are('backup', 'keeper_snapshot', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute keeper_snapshot()');
select function_privs_are('backup', 'keeper_snapshot', array['text'], 'service_role', array[]::text[], 'service_role may not execute keeper_snapshot()');

select * from finish();
rollback;
