-- Tests sql/functions/reap_scratch_databases.sql
begin;
select plan(14);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.drills; delete from backup.verifications; delete from backup.runs;
update backup.settings set external_clock = true, lease_seconds = 60, max_attempts = 2, drill_timeout = '1 hour', drill_window = '90 days', drill_from = 'latest';
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256) values
  ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now() - interval '10 days', now(), 'p/1/manifest.json', 'sha-a'),
  ('20260102T000000Z-bbbbbb', 'complete', 'weekly', 'sql', 'cli', 'p/2/', now() - interval '2 days', now(), 'p/2/manifest.json', 'sha-b');
insert into backup.drills (drill_id, run_id, trigger) values ('00000000-0000-0000-0000-00000000000d', '20260102T000000Z-bbbbbb', 'sql');
insert into backup.drill_steps (drill_id, step_no, kind, phase) values ('00000000-0000-0000-0000-00000000000d', 1, 'begin', 'prepare');
create function pg_temp.d() returns uuid language sql immutable as $$ select '00000000-0000-0000-0000-00000000000d'::uuid $$;
create function pg_temp.claim() returns uuid language sql as $$ select claim_id from backup.claim_drill_step(pg_temp.d(), 'i1') $$;

-- contract
select function_returns('backup', 'reap_scratch_databases', array[]::text[], 'integer', 'reap_scratch_databases() returns integer');
select isnt(obj_description('backup.reap_scratch_databases()'::regprocedure), null, 'reap_scratch_databases() has a comment');

-- behaviour
select backup.raise_alert('scratch_database_left', 'warning', 'an earlier one') > 0 as raised;
select is(backup.reap_scratch_databases(), 0, 'reap_scratch_databases() sends nobody where there is nothing to drop');
select is_empty('select from backup.alerts where resolved_at is null', 'reap_scratch_databases() resolves the alert then');
select is_empty('select from backup.tickets', 'reap_scratch_databases() leaves no ticket');
create or replace function backup.orphaned_scratch_databases() returns table (database_name name, drill_id uuid, reason text)
language sql stable set search_path = '' as $$ select 'holdfast_drill_1_00'::name, null::uuid, 'its drill is unknown' $$;
select is(backup.reap_scratch_databases(), 1, 'reap_scratch_databases() sends a function to drop what is left');
select results_eq('select function_name, body from backup.tickets', $$ values ('restore-drill', '{"action": "reap"}'::jsonb) $$, 'reap_scratch_databases() leaves a ticket for it');
select is_empty('select from backup.alerts where resolved_at is null', 'reap_scratch_databases() is quiet about the first attempt');
select is(backup.reap_scratch_databases(), 0, 'reap_scratch_databases() gives that function time');
update backup.tickets set issued_at = now() - interval '11 minutes';
select is(backup.reap_scratch_databases(), 1, 'reap_scratch_databases() tries again');
select results_eq('select severity, message from backup.alerts where resolved_at is null',
  $$ values ('warning', 'A restore drill has left a scratch database that could not be dropped: holdfast_drill_1_00') $$, 'reap_scratch_databases() asks for a person when one stays');

-- permissions
select function_privs_are('backup', 'reap_scratch_databases', array[]::text[], 'anon', array[]::text[], 'anon may not execute reap_scratch_databases()');
select function_privs_are('backup', 'reap_scratch_databases', array[]::text[], 'authenticated', array[]::text[], 'authenticated may not execute reap_scratch_databases()');
select function_privs_are('backup', 'reap_scratch_databases', array[]::text[], 'service_role', array[]::text[], 'service_role may not execute reap_scratch_databases()');

select * from finish();
rollback;
