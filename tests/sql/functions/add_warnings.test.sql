-- Tests sql/functions/add_warnings.sql
begin;
select plan(10);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_id)
values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', '00000003-00000001-1');
create function pg_temp.warnings() returns jsonb language sql as 'select warnings from backup.runs';

-- contract
select function_returns('backup', 'add_warnings', array['text', 'jsonb'], 'void', 'add_warnings() returns void');
select isnt(obj_description('backup.add_warnings(text,jsonb)'::regprocedure), null, 'add_warnings() has a comment');

-- behaviour
select backup.add_warnings('20260101T000000Z-00000a', '[{"code": "a"}, {"code": "b"}]');
select is(pg_temp.warnings(), '[{"code": "a"}, {"code": "b"}]', 'add_warnings() stores warnings');
select backup.add_warnings('20260101T000000Z-00000a', '[{"code": "b"}, {"code": "c"}, {"code": "c"}]');
select is(pg_temp.warnings(), '[{"code": "a"}, {"code": "b"}, {"code": "c"}]', 'add_warnings() keeps the same warning once');
select backup.add_warnings('20260101T000000Z-00000a', '[]');
select is(jsonb_array_length(pg_temp.warnings()), 3, 'add_warnings() accepts an empty array');
select backup.add_warnings('20260101T000000Z-00000a', null);
select is(jsonb_array_length(pg_temp.warnings()), 3, 'add_warnings() loses nothing when there is nothing to add');
select backup.add_warnings('20260101T000000Z-00000b', '[{"code": "d"}]');
select is(jsonb_array_length(pg_temp.warnings()), 3, 'add_warnings() leaves other runs alone');

-- permissions
select function_privs_are('backup', 'add_warnings', array['text', 'jsonb'], 'anon', array[]::text[], 'anon may not execute add_warnings()');
select function_privs_are('backup', 'add_warnings', array['text', 'jsonb'], 'authenticated', array[]::text[], 'authenticated may not execute add_warnings()');
select function_privs_are('backup', 'add_warnings', array['text', 'jsonb'], 'service_role', array[]::text[], 'service_role may not execute add_warnings()');

select * from finish();
rollback;
