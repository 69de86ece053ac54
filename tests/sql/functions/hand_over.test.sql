-- Tests sql/functions/hand_over.sql
begin;
select plan(15);

-- arrange
delete from backup.runs;
delete from backup.tickets;
update backup.settings set functions_url = null;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'functions', 'x/');

-- contract
select function_returns('backup', 'hand_over', array['text', 'integer'], 'integer', 'hand_over() returns integer');
select isnt(obj_description('backup.hand_over(text,integer)'::regprocedure), null, 'hand_over() has a comment');

-- behaviour
select is(backup.hand_over('20260101T000000Z-00000a'), 0, 'hand_over() sends nobody when there is nothing to claim');
insert into backup.chunks (run_id, chunk_no, kind) select '20260101T000000Z-00000a', n, 'globals' from generate_series(1, 3) n;
select is(backup.hand_over('20260101T000000Z-00000a'), 1, 'hand_over() sends one worker');
select results_eq('select function_name, body, run_id from backup.tickets',
  $$ values ('export-backup', '{"action": "work", "run_id": "20260101T000000Z-00000a"}'::jsonb, '20260101T000000Z-00000a') $$, 'hand_over() tells it which run');
select is(backup.hand_over('20260101T000000Z-00000a', 2), 2, 'hand_over() sends as many as wanted');
select is(backup.hand_over('20260101T000000Z-00000a', 9), 3, 'hand_over() sends no more than there are chunks to claim');
select is(backup.hand_over('20260101T000000Z-00000a', 0), 0, 'hand_over() sends nobody when nobody is wanted');
select is((select count(*)::integer from backup.tickets), 6, 'hand_over() leaves one ticket for each');
update backup.runs set state = 'starting';
select is(backup.hand_over('20260101T000000Z-00000a'), 0, 'hand_over() sends nobody before the snapshot exists');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x';
select is(backup.hand_over('20260101T000000Z-00000a'), 0, 'hand_over() sends nobody to a run that has ended');
select is(backup.hand_over('20260101T000000Z-00000b'), 0, 'hand_over() sends nobody to an unknown run');

-- permissions
select function_privs_are('backup', 'hand_over', array['text', 'integer'], 'anon', array[]::text[], 'anon may not execute hand_over()');
select function_privs_are('backup', 'hand_over', array['text', 'integer'], 'authenticated', array[]::text[], 'authenticated may not execute hand_over()');
select function_privs_are('backup', 'hand_over', array['text', 'integer'], 'service_role', array[]::text[], 'service_role may not execute hand_over()');

select * from finish();
rollback;
