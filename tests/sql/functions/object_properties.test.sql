-- Tests sql/functions/object_properties.sql
begin;
select plan(13);

-- arrange
delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T000000Z-aaaaaa', 'complete', 'monthly', 'sql', 'cli', 'a/', '2026-01-01 23:30Z', now(), 'k', 's'),
       ('20260102T000000Z-bbbbbb', 'complete', 'daily', 'sql', 'cli', 'b/', '2026-01-02 01:00Z', now(), 'k', 's');

-- contract
select function_returns('backup', 'object_properties', array['text'], 'setof record', 'object_properties() returns a row');
select isnt(obj_description('backup.object_properties(text)'::regprocedure), null, 'object_properties() has a comment');

-- behaviour
select results_eq($$ select storage_class, tags, lock_mode, retain_until from backup.object_properties('20260101T000000Z-aaaaaa') $$,
  $$ values ('GLACIER_IR', '{"tier": "monthly", "expires": "2027-01-01"}'::jsonb, null::text, null::timestamptz) $$, 'object_properties() follows the policy of the tier');
select results_eq($$ select storage_class, tags from backup.object_properties('20260102T000000Z-bbbbbb') $$,
  $$ values ('STANDARD', '{"tier": "daily", "expires": "2026-02-01"}'::jsonb) $$, 'object_properties() counts from the snapshot');
update backup.settings set object_lock = 'COMPLIANCE';
select results_eq($$ select lock_mode, retain_until from backup.object_properties('20260101T000000Z-aaaaaa') $$,
  $$ values ('COMPLIANCE', '2027-01-01 23:30Z'::timestamptz) $$, 'object_properties() locks until retention may delete the run');
select is((select retain_until from backup.object_properties('20260101T000000Z-aaaaaa')),
  (select expires_at from backup.restore_points where run_id = '20260101T000000Z-aaaaaa'), 'object_properties() and restore_points tell the same time');
insert into backup.policies (name, provider, frequency, retention, storage_class, tier, enabled, description) values ('more', 'aws_s3', 'daily', '40 days', 'STANDARD_IA', 'daily', true, '');
select results_eq($$ select storage_class, tags ->> 'expires' from backup.object_properties('20260102T000000Z-bbbbbb') $$,
  $$ values ('STANDARD_IA', '2026-02-11') $$, 'object_properties() takes the policy that keeps longest');
update backup.policies set tier = null where tier = 'daily';
select throws_ok($$ select * from backup.object_properties('20260102T000000Z-bbbbbb') $$, 'HF600', null, 'object_properties() refuses to lock for a time nobody set with HF600');
update backup.settings set object_lock = null;
select results_eq($$ select storage_class, tags, lock_mode from backup.object_properties('20260102T000000Z-bbbbbb') $$,
  $$ values (null::text, '{"tier": "daily"}'::jsonb, null::text) $$, 'object_properties() has no expiry without a policy');

-- errors
select throws_ok($$ select * from backup.object_properties('nothing') $$, 'HF001', null, 'object_properties() rejects an unknown run with HF001');

-- permissions
select function_privs_are('backup', 'object_properties', array['text'], 'anon', array[]::text[], 'anon may not execute object_properties()');
select function_privs_are('backup', 'object_properties', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute object_properties()');
select function_privs_are('backup', 'object_properties', array['text'], 'service_role', array[]::text[], 'service_role may not execute object_properties()');

select * from finish();
rollback;
