-- Tests sql/functions/renew_drill_step.sql
begin;
select plan(8);

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
select function_returns('backup', 'renew_drill_step', array['uuid', 'integer', 'uuid'], 'timestamp with time zone', 'renew_drill_step() returns timestamp with time zone');
select isnt(obj_description('backup.renew_drill_step(uuid, integer, uuid)'::regprocedure), null, 'renew_drill_step() has a comment');

-- behaviour
do $$ begin perform pg_temp.claim(); update backup.drill_steps set lease_until = now() - interval '1 second'; end $$;
select ok(backup.renew_drill_step(pg_temp.d(), 1, (select claim_id from backup.drill_steps)) > clock_timestamp() + interval '40 seconds', 'renew_drill_step() extends the lease');
select ok((select lease_until > clock_timestamp() from backup.drill_steps), 'renew_drill_step() records it');
select throws_ok($$ select backup.renew_drill_step(pg_temp.d(), 1, gen_random_uuid()) $$, 'HF523', null, 'renew_drill_step() rejects a claim that was lost with HF523');

-- permissions
select function_privs_are('backup', 'renew_drill_step', array['uuid', 'integer', 'uuid'], 'anon', array[]::text[], 'anon may not execute renew_drill_step()');
select function_privs_are('backup', 'renew_drill_step', array['uuid', 'integer', 'uuid'], 'authenticated', array[]::text[], 'authenticated may not execute renew_drill_step()');
select function_privs_are('backup', 'renew_drill_step', array['uuid', 'integer', 'uuid'], 'service_role', array[]::text[], 'service_role may not execute renew_drill_step()');

select * from finish();
rollback;
