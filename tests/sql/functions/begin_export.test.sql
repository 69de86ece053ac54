-- Tests sql/functions/begin_export.sql
begin;
select plan(18);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'daily', 'sql', 'cli', 'x/');
-- This session plays the keeper. The statistics views keep one picture per transaction, hence the clearing.
create function pg_temp.begin_export(p_keeper text) returns text language plpgsql as $$
begin
  perform set_config('application_name', p_keeper, true);
  perform pg_stat_clear_snapshot();
  return backup.begin_export('20260101T000000Z-00000a');
end $$;

-- contract
select function_returns('backup', 'begin_export', array['text'], 'text', 'begin_export() returns text');
select isnt(obj_description('backup.begin_export(text)'::regprocedure), null, 'begin_export() has a comment');

-- behaviour
select throws_ok($$ select backup.begin_export('20260101T000000Z-00000b') $$, 'HF001', null, 'begin_export() rejects an unknown run with HF001');
select is(pg_temp.begin_export('holdfast:20260101T000000Z-00000a:00000003-00000001-1'), null, 'begin_export() returns null while no keeper has claimed the run');
select is((select state from backup.runs), 'starting', 'begin_export() leaves a run without a keeper starting');
select backup.claim_keeper('20260101T000000Z-00000a');
select is(pg_temp.begin_export('holdfast'), null, 'begin_export() returns null while the keeper has not published its snapshot');
select is((select state from backup.runs), 'starting', 'begin_export() leaves a run without a snapshot starting');
select is(pg_temp.begin_export('holdfast:20260101T000000Z-00000a:00000003-00000001-1'), '00000003-00000001-1', 'begin_export() returns the published snapshot');
select results_eq($$ select state, snapshot_id, snapshot_at from backup.runs $$,
  $$ values ('exporting'::backup.run_state, '00000003-00000001-1', now()) $$, 'begin_export() records the snapshot and since when it is held');
select is(pg_temp.begin_export('holdfast:20260101T000000Z-00000a:00000003-00000001-1'), '00000003-00000001-1', 'begin_export() returns the same snapshot again');
select is((select state from backup.runs), 'exporting', 'begin_export() leaves a run with a living keeper exporting');
select is(pg_temp.begin_export('holdfast:20260101T000000Z-00000a:00000003-00000002-1'), null, 'begin_export() never goes on with another snapshot');
select results_eq('select state, failure_code, failure_message from backup.runs',
  $$ values ('failed'::backup.run_state, 'HF300', 'snapshot lost') $$, 'begin_export() fails a run whose snapshot is gone');
select throws_ok($$ select backup.begin_export('20260101T000000Z-00000a') $$, 'HF003', null, 'begin_export() rejects a failed run with HF003');
update backup.runs set state = 'complete', failure_code = null, failure_message = null, manifest_key = 'k', manifest_sha256 = 's';
select throws_ok($$ select backup.begin_export('20260101T000000Z-00000a') $$, 'HF003', null, 'begin_export() rejects a complete run with HF003');

-- permissions
select function_privs_are('backup', 'begin_export', array['text'], 'anon', array[]::text[], 'anon may not execute begin_export()');
select function_privs_are('backup', 'begin_export', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute begin_export()');
select function_privs_are('backup', 'begin_export', array['text'], 'service_role', array[]::text[], 'service_role may not execute begin_export()');

select * from finish();
rollback;
