-- Tests sql/functions/prune_ledger.sql
begin;
select plan(41);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alert_deliveries; delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.job_runs; delete from backup.primary_backups;
do $$ begin if to_regclass('cron.job_run_details') is not null then delete from cron.job_run_details; end if; end $$;
create function pg_temp.run(p_age interval, p_state backup.run_state, p_deleted boolean default false) returns text language sql as $$
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, failure_code, failure_message, manifest_key, manifest_sha256, objects_deleted_at)
  select to_char(now() - p_age, 'YYYYMMDD"T"HH24MISS"Z-"') || substr(md5(p_age::text), 1, 6), p_state, 'daily', 'sql', 'cli', 'x/', now() - p_age, now() - p_age,
         case when p_state <> 'exporting' then now() - p_age end, case when p_state = 'failed' then 'HF300' end, case when p_state = 'failed' then 'x' end,
         case when p_state in ('complete', 'expired') then 'k' end, case when p_state in ('complete', 'expired') then 's' end, case when p_deleted then now() - p_age + interval '1 hour' end
  returning run_id $$;
create function pg_temp.verification(p_age interval, p_run text default null, p_verdict backup.verdict default 'passed', p_answers integer default 2) returns uuid language sql as $$
  with v as (insert into backup.verifications (run_id, trigger, verdict, started_at, finished_at)
             values (p_run, 'sql', p_verdict, now() - p_age, case when p_verdict is not null then now() - p_age end) returning verification_id),
       r as (insert into backup.verification_results (verification_id, check_name, subject, verdict) select v.verification_id, 'check_indexes', 's', 'passed' from v, generate_series(1, p_answers))
  select verification_id from v $$;
create function pg_temp.drill(p_age interval, p_run text, p_verdict backup.verdict default 'passed', p_selection text default 'named') returns uuid language sql as $$
  insert into backup.drills (run_id, trigger, state, verdict, selection, started_at, finished_at) values (p_run, 'sql', 'complete', p_verdict, p_selection, now() - p_age, now() - p_age) returning drill_id $$;
-- Nothing but what was deleted of these kinds.
create function pg_temp.pruned(p_limit integer default 20000) returns jsonb language sql as $$
  select jsonb_object_agg(e.key, e.value) from jsonb_each(backup.prune_ledger(p_limit)) e where e.value not in ('0', 'false') $$;

-- contract
select function_returns('backup', 'prune_ledger', array['integer'], 'jsonb', 'prune_ledger() returns jsonb');
select isnt(obj_description('backup.prune_ledger(integer)'::regprocedure), null, 'prune_ledger() has a comment');
select is(backup.prune_ledger(), '{"job_runs": 0, "chunks": 0, "drill_steps": 0, "verifications": 0, "run_tables": 0, "drills": 0, "key_proofs": 0, "primary_backups": 0,
  "alert_deliveries": 0, "alerts": 0, "retention_marks": 0, "runs": 0, "cron_details": 0, "more": false}', 'prune_ledger() has nothing to do in an empty ledger');

-- alert_deliveries
insert into backup.alert_deliveries (event, cause, channel, state, content, queued_at, finished_at)
select 'heartbeat', c, 'heartbeat_export', 'sent', '{}', now() - a, now() - a
from (values ('a', interval '400 days'), ('a', interval '380 days'), ('b', interval '400 days'), ('c', interval '359 days'), ('c', interval '1 day')) as d (c, a);
select is(pg_temp.pruned(), '{"alert_deliveries": 1}', 'prune_ledger() deletes what was told long ago');
select results_eq('select cause, (extract(epoch from now() - queued_at) / 86400)::integer from backup.alert_deliveries order by 1, 2 desc',
  $$ values ('a', 380), ('b', 400), ('c', 359), ('c', 1) $$, 'prune_ledger() keeps deliveries for a year, and the last of each cause');
delete from backup.alert_deliveries;
insert into backup.alert_deliveries (event, cause, channel, state, error, content, queued_at, finished_at)
select 'test', 'test', c, s, case when s <> 'sent' then 'x' end, '{}', now() - a, now() - a
from (values ('slack', 'sent', interval '401 days'), ('slack', 'failed', interval '400 days'), ('email', 'skipped', interval '399 days'), ('email', 'sent', interval '1 day')) as d (c, s, a);
select is(pg_temp.pruned(), '{"alert_deliveries": 2}', 'prune_ledger() keeps the last end on each channel');
delete from backup.alert_deliveries;

-- job_runs
insert into backup.job_runs (job_name, status, started_at, finished_at)
select j, 'succeeded', now() - a, now() from unnest(array['32 days', '31 days', '29 days']::interval[]) a, unnest(array['tick', 'export']) j where not (j = 'export' and a < '30 days');
select is(pg_temp.pruned(), '{"job_runs": 3}', 'prune_ledger() returns how much it deleted');
select results_eq('select job_name, started_at from backup.job_runs order by 1', $$ values ('export', now() - interval '31 days'), ('tick', now() - interval '29 days') $$,
  'prune_ledger() keeps records of jobs for 30 days, and the newest of each job');
update backup.settings set ledger_keep_work = '8 days';
insert into backup.job_runs (job_name) values ('tick');
select is(pg_temp.pruned(), '{"job_runs": 1}', 'prune_ledger() takes the time from settings');
update backup.settings set ledger_keep_work = default;

-- chunks and tables of runs
do $$ begin
  perform pg_temp.run('90 days', 'complete'); perform pg_temp.run('60 days', 'complete'); perform pg_temp.run('59 days', 'failed'); perform pg_temp.run('62 days', 'expired');
  perform pg_temp.run('29 days', 'failed'); perform pg_temp.run('58 days', 'exporting');
end $$;
insert into backup.run_tables (run_id, schema_name, table_name, relid, columns) select run_id, 'public', 't', 1, '{}' from backup.runs;
insert into backup.chunks (run_id, chunk_no, kind) select run_id, n, 'globals' from backup.runs, generate_series(1, 2) n;
select is(pg_temp.pruned(4) - 'run_tables', '{"chunks": 4, "more": true}', 'prune_ledger() deletes no more than it is told to, and says that there is more');
select is(pg_temp.pruned(4) - 'run_tables', '{"chunks": 2}', 'prune_ledger() goes on');
select bag_eq('select distinct run_id from backup.chunks', $$ select run_id from backup.runs where requested_at in (now() - interval '60 days', now() - interval '29 days', now() - interval '58 days') $$,
  'prune_ledger() keeps the chunks of the newest good run, of recent runs and of active ones');
select bag_eq('select r.requested_at from backup.run_tables join backup.runs r using (run_id)', $$ select now() - a from unnest(array['90 days', '60 days', '29 days', '58 days']::interval[]) a $$,
  'prune_ledger() keeps the tables of every restore point, of recent runs and of active ones');
select is((select count(*)::integer from backup.runs), 6, 'prune_ledger() keeps every run there are objects of');

-- verifications
delete from backup.runs;
create temporary table v as select pg_temp.run('900 days', 'complete') as run_id;
create temporary table kept_verifications as
select pg_temp.verification('800 days', (select run_id from v)) as id, 'newest look at a restore point' as why
union all select pg_temp.verification('700 days', null, 'failed'), 'newest that failed'
union all select pg_temp.verification('500 days', null, null), 'not ended'
union all select pg_temp.verification('480 days'), 'newest that passed'
union all select pg_temp.verification('470 days', null, 'inconclusive'), 'newest of all'
union all select pg_temp.verification('600 days', null, 'inconclusive'), 'newest share read back';
update backup.verification_results r set check_name = 'check_backup_objects', evidence = '{"share_of": 4}' from kept_verifications k where k.id = r.verification_id and k.why = 'newest share read back';
do $$ begin
  perform pg_temp.verification('810 days', (select run_id from v)); perform pg_temp.verification('710 days', null, 'failed'); perform pg_temp.verification('485 days');
  perform pg_temp.verification('486 days', null, 'inconclusive', 5);
end $$;
select is(pg_temp.pruned(2), '{"verifications": 1, "more": true}', 'prune_ledger() deletes verifications with their answers, no more answers at once than it is told to');
select is(pg_temp.pruned(3), '{"verifications": 1, "more": true}', 'prune_ledger() takes the oldest first');
select is(pg_temp.pruned(4), '{"verifications": 1, "more": true}', 'prune_ledger() leaves one that does not fit beside others');
select is(pg_temp.pruned(4), '{"verifications": 1}', 'prune_ledger() deletes one that does not fit at all alone');
select bag_eq('select verification_id from backup.verifications', 'select id from kept_verifications', 'prune_ledger() keeps every verification that something is told from');
select is((select count(distinct verification_id)::integer from backup.verification_results), 6, 'prune_ledger() keeps their answers');
do $$ begin perform pg_temp.verification('364 days'); perform pg_temp.verification('363 days'); end $$;
select is(pg_temp.pruned(), '{"verifications": 1}', 'prune_ledger() deletes what younger ones stand in for');
select is((select count(*)::integer from backup.verifications where started_at > now() - interval '365 days'), 2, 'prune_ledger() keeps verifications for a year');

-- drills
delete from backup.verifications; delete from backup.runs;
create temporary table gone as select pg_temp.run('900 days', 'expired', true) as run_id;
create temporary table kept_drills as
select pg_temp.drill('900 days', pg_temp.run('901 days', 'complete')) as id, 'of a restore point' as why
union all select pg_temp.drill('860 days', (select run_id from gone), 'skipped'), 'newest that was skipped'
union all select pg_temp.drill('870 days', (select run_id from gone), 'failed'), 'newest that failed'
union all select pg_temp.drill('865 days', (select run_id from gone), 'skipped', 'random'), 'newest that was chosen'
union all select pg_temp.drill((800 + n) * interval '1 day', (select run_id from gone)), 'newest twelve' from generate_series(1, 12) n;
do $$ declare v_drill uuid; begin
  perform pg_temp.drill('861 days', (select run_id from gone), 'skipped'); perform pg_temp.drill('866 days', (select run_id from gone), 'skipped', 'latest'); perform pg_temp.drill('871 days', (select run_id from gone), 'failed');
  v_drill := pg_temp.drill('850 days', (select run_id from gone));
  insert into backup.drill_steps (drill_id, step_no, kind, phase, state, seconds) values (v_drill, 1, 'load', 'data', 'done', 1);
end $$;
select is(pg_temp.pruned(), '{"drill_steps": 1, "drills": 4}', 'prune_ledger() deletes drills of runs that are gone, and their steps earlier');
select bag_eq('select drill_id from backup.drills', 'select id from kept_drills', 'prune_ledger() keeps every drill that something is told from');
update backup.settings set ledger_keep_history = '900 days';
do $$ begin perform pg_temp.drill('895 days', (select run_id from gone)); end $$;
select is(pg_temp.pruned(), null, 'prune_ledger() takes the time of history from settings');
delete from backup.drills where run_id = (select run_id from gone);
update backup.settings set ledger_keep_history = '360 days', ledger_keep_answers = '360 days';
do $$ begin perform pg_temp.drill('362 days', (select run_id from gone), 'failed'); perform pg_temp.drill(n * interval '1 day', (select run_id from gone)) from generate_series(1, 12) n; perform pg_temp.drill('1 day', (select run_id from gone), 'failed', 'latest'); end $$;
select is(pg_temp.pruned(), null, 'prune_ledger() keeps what recovery objectives look back at, a year being a year');
update backup.settings set ledger_keep_history = default;

-- alerts, key proofs, looks, marks
delete from backup.drills; delete from backup.runs;
insert into backup.alerts (cause, severity, message, raised_at, resolved_at) values
  ('old', 'warning', 'm', now() - interval '3 years', now() - interval '2 years 1 day'), ('late', 'warning', 'm', now() - interval '3 years', now() - interval '1 year 11 months'),
  ('open', 'warning', 'm', now() - interval '3 years', null);
select is(pg_temp.pruned(), '{"alerts": 1}', 'prune_ledger() deletes alerts resolved two years ago');
select bag_eq('select cause from backup.alerts', array['late', 'open'], 'prune_ledger() keeps open alerts whatever their age');
insert into backup.key_proofs (recipient, run_id, manifest_sha256, objects, bytes, proven_at)
select 'age1' || repeat(k.key, 58), r.run_id, 's', 1, 1, now() - a
from (select pg_temp.run('5 years', 'complete') as run_id) r, (values ('q', '4 years'::interval), ('q', '3 years'), ('p', '3 years'), ('z', '3 years'), ('z', '1 day')) k(key, a);
select is(pg_temp.pruned(), '{"key_proofs": 2}', 'prune_ledger() deletes old key proofs');
select bag_eq('select substr(recipient, 5, 1), proven_at from backup.key_proofs', $$ values ('q', now() - interval '3 years'), ('p', now() - interval '3 years'), ('z', now() - interval '1 day') $$,
  'prune_ledger() keeps the newest proof of each recipient');
insert into backup.primary_backups (looked_at, project_ref, outcome) select now() - a, 'p', 'answered' from unnest(array['3 years', '2 years']::interval[]) a;
select is(pg_temp.pruned(), '{"primary_backups": 1}', 'prune_ledger() deletes old looks at the backups of the platform, but not the newest');

-- runs
delete from backup.runs;
do $$ begin perform pg_temp.run(n * interval '1 hour', 'failed') from generate_series(1, 58) n; end $$;
create temporary table kept_runs as
select pg_temp.run('1000 days', 'failed') as id, 'has objects' as why
union all select pg_temp.run('1001 days', 'expired'), 'is being deleted'
union all select pg_temp.run('1002 days', 'complete'), 'restore point'
union all select pg_temp.run('1030 days', 'expired', true), 'first of the month of a restore point'
union all select pg_temp.run('1100 days', 'expired', true), 'has a verification that is kept'
union all select pg_temp.run('800 days' + n * interval '1 day', 'expired', true), 'newest eleven' from generate_series(1, 9) n
union all select pg_temp.run('729 days', 'failed', true), 'younger than two years'
union all select pg_temp.run('750 days', 'failed', true), 'sixtieth';
do $$ begin
  perform pg_temp.verification('1100 days', (select id from kept_runs where why like 'has a verification%'));
  perform pg_temp.run('751 days', 'failed', true); perform pg_temp.run('1101 days', 'expired', true); perform pg_temp.run('1102 days', 'failed', true);
end $$;
insert into backup.retention_marks (run_id, reasons, marked_at, delete_after, swept_at) select r.run_id, '{failed}', r.requested_at, r.requested_at, r.requested_at from backup.runs r where r.objects_deleted_at < now() - interval '1102 days';
insert into backup.retention_marks (run_id, reasons, delete_after) select k.id, '{failed}', now() from kept_runs k where k.why = 'has objects';
update backup.runs r set objects_deleted_at = now() - interval '1 day' where r.run_id = (select max(run_id) from backup.runs where state = 'failed');
select is(pg_temp.pruned(), '{"runs": 3}', 'prune_ledger() deletes runs at last');
select bag_eq($$ select run_id from backup.runs where finished_at < now() - interval '60 hours' $$, 'select id from kept_runs', 'prune_ledger() keeps every run that something is told from');
select is((select count(*)::integer from backup.runs where finished_at >= now() - interval '60 hours'), 58, 'prune_ledger() keeps the newest runs');
update backup.retention_marks m set swept_at = now() - interval '3 years';
select is(pg_temp.pruned(), '{"retention_marks": 1}', 'prune_ledger() deletes marks of runs that are deleted');

delete from backup.verifications; delete from backup.runs;
do $$ begin
  perform pg_temp.run(n * interval '1 hour', 'complete') from generate_series(1, 60) n;
  perform pg_temp.run('800 days', 'failed', true); perform pg_temp.run('801 days', 'failed', true);
end $$;
select is(pg_temp.pruned(), '{"runs": 1}', 'prune_ledger() deletes failed runs');
select is((select now() - max(finished_at) from backup.runs where state = 'failed'), interval '800 days', 'prune_ledger() keeps the newest that failed');

-- pg_cron's history
select is(backup.prune_ledger() ? 'cron_details', true, 'prune_ledger() clears the history of pg_cron as well');

-- permissions
select function_privs_are('backup', 'prune_ledger', array['integer'], 'anon', array[]::text[], 'anon may not execute prune_ledger()');
select function_privs_are('backup', 'prune_ledger', array['integer'], 'authenticated', array[]::text[], 'authenticated may not execute prune_ledger()');
select function_privs_are('backup', 'prune_ledger', array['integer'], 'service_role', array[]::text[], 'service_role may not execute prune_ledger()');

select * from finish();
rollback;
