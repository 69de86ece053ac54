-- Tests sql/functions/revive_runs.sql
begin;
select plan(16);

-- arrange
delete from backup.runs;
delete from backup.tickets;
update backup.settings set workers = 3, functions_url = null;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'functions', 'x/');
create function pg_temp.minutes_pass() returns void language sql as
  $$ update backup.tickets set issued_at = now() - interval '2 minutes' $$;

-- contract
select function_returns('backup', 'revive_runs', array[]::text[], 'integer', 'revive_runs() returns integer');
select isnt(obj_description('backup.revive_runs()'::regprocedure), null, 'revive_runs() has a comment');

-- behaviour
select is(backup.revive_runs(), 0, 'revive_runs() waits for the keeper first');
update backup.runs set keeper_pid = pg_backend_pid();
select is(backup.revive_runs(), 1, 'revive_runs() sends one worker to a run that is starting');
select results_eq('select function_name, body, run_id from backup.tickets',
  $$ values ('export-backup', '{"action": "work", "run_id": "20260101T000000Z-00000a"}'::jsonb, '20260101T000000Z-00000a') $$, 'revive_runs() tells it which run');
select is(backup.revive_runs(), 0, 'revive_runs() gives the worker time to begin');
select pg_temp.minutes_pass();
update backup.runs set engine = 'cli';
select is(backup.revive_runs(), 0, 'revive_runs() leaves runs of the command line alone');
update backup.runs set engine = 'functions', state = 'exporting';
select is(backup.revive_runs(), 0, 'revive_runs() sends nobody when there is nothing to claim');
insert into backup.chunks (run_id, chunk_no, kind) select '20260101T000000Z-00000a', n, 'globals' from generate_series(1, 8) n;
update backup.chunks set state = 'claimed', claim_id = '00000000-0000-0000-0000-00000000000a', claimed_by = 'w1', lease_until = now() + interval '1 hour' where chunk_no <= 2;
select is(backup.revive_runs(), 2, 'revive_runs() replaces the missing workers of a run');
select is((select count(*)::integer from backup.tickets where issued_at >= now()), 2, 'revive_runs() leaves a ticket for each');
select is(backup.revive_runs(), 0, 'revive_runs() then has nothing to do');
select pg_temp.minutes_pass();
update backup.settings set workers = 1;
update backup.chunks set claimed_by = 'w2' where chunk_no = 2;
select is(backup.revive_runs(), 0, 'revive_runs() does not mind more workers than wanted');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x';
update backup.settings set workers = 8;
select is(backup.revive_runs(), 0, 'revive_runs() leaves a run that has ended alone');

-- permissions
select function_privs_are('backup', 'revive_runs', array[]::text[], 'anon', array[]::text[], 'anon may not execute revive_runs()');
select function_privs_are('backup', 'revive_runs', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute revive_runs()');
select function_privs_are('backup', 'revive_runs', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute revive_runs()');

select * from finish();
rollback;
