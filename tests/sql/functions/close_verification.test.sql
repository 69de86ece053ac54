-- Tests sql/functions/close_verification.sql
begin;
select plan(16);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

create function pg_temp.verification(p_verdicts text[], p_trigger text default 'sql') returns uuid language plpgsql as $$
declare v_id uuid := backup.start_verification(p_trigger);
begin
  insert into backup.verification_results (verification_id, check_name, subject, verdict)
  select v_id, 'check_row_counts', 's' || n, v::backup.verdict from unnest(p_verdicts) with ordinality as u (v, n);
  update backup.verification_checks set state = 'done' where verification_id = v_id;
  return v_id;
end $$;

select is(backup.close_verification(backup.start_verification('sql')), null, 'close_verification() waits for open checks');
select is(backup.close_verification(pg_temp.verification('{passed,skipped}')), 'passed'::backup.verdict, 'close_verification() passes when something passed and nothing is wrong');
select is((select count(*) from backup.alerts), 0::bigint, 'close_verification() raises no alert for passed');
select is(backup.close_verification(pg_temp.verification('{passed,inconclusive}')), 'inconclusive'::backup.verdict, 'close_verification() does not count a doubt as passed');
select is(backup.close_verification(pg_temp.verification('{skipped,skipped}')), 'inconclusive'::backup.verdict, 'close_verification() does not count skipping everything as passed');
select is(backup.close_verification(pg_temp.verification('{}')), 'inconclusive'::backup.verdict, 'close_verification() does not count silence as passed');
select results_eq($$ select cause, severity, occurrences from backup.alerts where resolved_at is null $$,
  $$ values ('verification_inconclusive', 'warning', 3) $$, 'close_verification() keeps one open alert per cause');
select is(backup.close_verification(pg_temp.verification('{passed,inconclusive,failed}')), 'failed'::backup.verdict, 'close_verification() lets a failure outrank a doubt');
select results_eq($$ select cause, severity, details -> 'checks' from backup.alerts where resolved_at is null $$,
  $$ values ('verification_failed', 'critical', '["check_row_counts"]'::jsonb) $$, 'close_verification() raises a critical alert that names the checks');
select results_eq($$ select backup.close_verification(pg_temp.verification('{inconclusive}')), (select count(*) from backup.alerts where cause = 'verification_failed' and resolved_at is null) $$,
  $$ values ('inconclusive'::backup.verdict, 1::bigint) $$, 'close_verification() keeps a failure open when the next one could not look');
select is((select count(*) from (select backup.close_verification(pg_temp.verification('{passed}'))) x, backup.alerts a where a.resolved_at is null and x is null), 0::bigint,
  'close_verification() runs again');
select throws_ok($$ select backup.close_verification('00000000-0000-4000-8000-000000000000') $$, 'HF006', null, 'close_verification() rejects an unknown verification with HF006');

-- heartbeat
delete from backup.alert_deliveries;
do $$ begin
  perform backup.close_verification(pg_temp.verification('{passed}')), backup.close_verification(pg_temp.verification('{failed}', 'schedule')), backup.close_verification(pg_temp.verification('{inconclusive}', 'schedule'));
end $$;
select is_empty('select from backup.alert_deliveries', 'close_verification() sends no heartbeat unless a scheduled verification passed');
do $$ begin perform backup.close_verification(pg_temp.verification('{passed}', 'schedule')); end $$;
select results_eq('select event, channel, (content ->> ''subject'')::uuid in (select verification_id from backup.verifications) from backup.alert_deliveries',
  $$ values ('heartbeat', 'heartbeat_verify', true) $$, 'close_verification() sends a heartbeat when one has');

-- permissions
select function_privs_are('backup', 'close_verification', array['uuid']::text[], 'anon', '{}'::text[], 'close_verification() is closed to anon');
select function_privs_are('backup', 'close_verification', array['uuid']::text[], 'authenticated', '{}'::text[], 'close_verification() is closed to authenticated');

select * from finish();
rollback;
