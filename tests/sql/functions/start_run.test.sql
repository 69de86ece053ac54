-- Tests sql/functions/start_run.sql
begin;
select plan(23);

-- arrange
delete from backup.runs;
update backup.settings set project_ref = 'proj', external_clock = false;
create function pg_temp.complete_at(p_at timestamptz) returns void language sql as $$
  delete from backup.runs;
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
  values ('20200101T000000Z-00000a', 'complete', 'daily', 'sql', 'cli', 'x/', p_at, p_at, 'k', 's') $$;
create function pg_temp.start_tier() returns text language plpgsql as $$
declare
  v_run_id text := backup.start_run('sql', 'cli');
begin
  return (select r.tier from backup.runs r where r.run_id = v_run_id);
end $$;
create temporary table started (run_id text);

-- contract
select function_returns('backup', 'start_run', array['text', 'text', 'backup.tier', 'text'], 'text', 'start_run() returns text');
select isnt(obj_description('backup.start_run(text,text,backup.tier,text)'::regprocedure), null, 'start_run() has a comment');

-- behaviour
insert into started select backup.start_run('http');
select matches((select run_id from started), '^\d{8}T\d{6}Z-[0-9a-f]{6}$', 'start_run() returns an id that sorts by time');
select is((select to_timestamp(left(run_id, 15), 'YYYYMMDD"T"HH24MISS')::timestamp between date_trunc('second', now() at time zone 'UTC') and clock_timestamp() at time zone 'UTC' from started), true,
  'start_run() takes the time in UTC');
select results_eq('select r.state::text, r.trigger, r.engine, r.object_prefix from backup.runs r join started using (run_id)',
  $$ select 'starting', 'http', 'functions', 'holdfast/proj/runs/' || run_id || '/' from started $$, 'start_run() records who asked and where the objects go');
select results_eq('select chunk_no, kind::text, state::text from backup.chunks join started using (run_id)', $$ values (1, 'plan', 'pending') $$, 'start_run() leaves one thing to do: the plan');
select results_eq($$ select jobname::text collate "default", command from cron.job where jobname like 'holdfast-keeper-%' $$,
  $$ select 'holdfast-keeper-' || run_id, backup.keeper_command(run_id) from started $$, 'start_run() schedules the keeper for engine functions');
select throws_ok($$ select backup.start_run('sql') $$, 'HF002', (select 'run ' || run_id || ' is still active' from started), 'start_run() rejects a second run with HF002');
select is((select count(*)::integer from backup.runs), 1, 'start_run() then leaves no trace');
update backup.runs set requested_at = now() - interval '1 day';
select lives_ok($$ select backup.start_run('cli', 'cli', 'weekly', '/some/where/') $$, 'start_run() is not held up by a run whose keeper never came');
select results_eq('select r.state::text, r.failure_code from backup.runs r join started using (run_id)', $$ values ('failed', 'HF005') $$, 'start_run() ends such a run');
select results_eq($$ select r.tier::text, r.engine, replace(r.object_prefix, r.run_id, 'ID') from backup.runs r where state = 'starting' $$,
  $$ values ('weekly', 'cli', 'some/where/proj/runs/ID/') $$, 'start_run() takes tier and object root as given');
select is((select count(*)::integer from cron.job where jobname like 'holdfast-keeper-%'), 0, 'start_run() schedules no keeper for engine cli');
delete from backup.runs;
select lives_ok($$ select backup.start_run('sql', 'cli', p_object_root => '') $$, 'start_run() accepts the root of the bucket');
select is((select replace(object_prefix, run_id, 'ID') from backup.runs), 'proj/runs/ID/', 'start_run() then begins keys with the project');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x', snapshot_at = now();
select is(pg_temp.start_tier(), 'monthly', 'start_run() counts no failed run: the first good one is monthly');
select pg_temp.complete_at(date_trunc('month', now(), 'UTC') - interval '1 second');
select is(pg_temp.start_tier(), 'monthly', 'start_run() makes the first run of a month monthly');
select pg_temp.complete_at(date_trunc('month', now(), 'UTC'));
select is(pg_temp.start_tier(), case when date_trunc('week', now(), 'UTC') > date_trunc('month', now(), 'UTC') then 'weekly' else 'daily' end,
  'start_run() makes the first run of a later week weekly');
select pg_temp.complete_at(greatest(date_trunc('week', now(), 'UTC'), date_trunc('month', now(), 'UTC')));
select is(pg_temp.start_tier(), 'daily', 'start_run() makes every other run daily');
delete from backup.runs;
select throws_ok($$ select backup.start_run('magic') $$, '23514', null, 'start_run() rejects a trigger it does not know');

-- permissions
select function_privs_are('backup', 'start_run', array['text', 'text', 'backup.tier', 'text'], 'anon', array[]::text[], 'anon may not execute start_run()');
select function_privs_are('backup', 'start_run', array['text', 'text', 'backup.tier', 'text'], 'authenticated', array[]::text[], 'authenticated may not execute start_run()');
select function_privs_are('backup', 'start_run', array['text', 'text', 'backup.tier', 'text'], 'service_role', array[]::text[], 'service_role may not execute start_run()');

select * from finish();
rollback;
