-- Tests sql/functions/check_drill_age.sql
begin;
select plan(11);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/1/', '2026-01-01', now(), 'p/1/manifest.json', 'x');
create function pg_temp.drill(p_verdict backup.verdict, p_age interval) returns void language sql as $$
  insert into backup.drills (run_id, trigger, verdict, state, started_at, finished_at)
  values ('20260101T000000Z-aaaaaa', 'sql', p_verdict, 'complete', now() - p_age, now() - p_age) $$;

select results_eq($$ select verdict::text from backup.check_drill_age() $$, array['skipped'], 'check_drill_age() skips while there has been no drill');
do $$ begin perform pg_temp.drill('passed', '40 days'); end $$;
select results_eq($$ select verdict::text from backup.check_drill_age() $$, array['failed'], 'check_drill_age() fails when the newest drill is too old');
do $$ begin perform pg_temp.drill('passed', '2 days'); end $$;
select results_eq($$ select verdict::text, subject from backup.check_drill_age() $$, $$ values ('passed', 'newest drill') $$,
  'check_drill_age() passes a recent drill');
select results_eq($$ select expected, evidence ->> 'age_days' from backup.check_drill_age() $$, $$ values ('a drill passed within 35 days', '2.0') $$, 'check_drill_age() reports its age');
update backup.settings set drill_max_age = '1 day';
select results_eq($$ select verdict::text, expected from backup.check_drill_age() $$, $$ values ('failed', 'a drill passed within 1 day') $$, 'check_drill_age() takes its limit from the settings');
update backup.settings set drill_max_age = '35 days';
insert into backup.drills (run_id, trigger) values ('20260101T000000Z-aaaaaa', 'sql');
select results_eq($$ select verdict::text from backup.check_drill_age() $$, array['passed'], 'check_drill_age() does not count a drill under way');
do $$ begin perform pg_temp.drill('skipped', '1 hour'); end $$;
select results_eq($$ select verdict::text from backup.check_drill_age() $$, array['passed'], 'check_drill_age() ignores drills that did not run');
do $$ begin perform pg_temp.drill('failed', '1 day'); end $$;
select results_eq($$ select verdict::text from backup.check_drill_age() $$, array['failed'],
  'check_drill_age() fails after a failed drill, however recent');
update backup.drills set state = 'failed', failure_code = 'HF501', failure_message = 'Object "k" is damaged' where verdict = 'failed';
select is((select actual from backup.check_drill_age()), 'failed 1 days ago: Object "k" is damaged', 'check_drill_age() says why it failed');

-- permissions
select function_privs_are('backup', 'check_drill_age', array[]::text[], 'anon', '{}'::text[], 'check_drill_age() is closed to anon');
select function_privs_are('backup', 'check_drill_age', array[]::text[], 'authenticated', '{}'::text[], 'check_drill_age() is closed to authenticated');

select * from finish();
rollback;
