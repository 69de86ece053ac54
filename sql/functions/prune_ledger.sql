-- requires: tables/settings.sql, tables/job_runs.sql, tables/chunks.sql, tables/drill_steps.sql, tables/verification_results.sql
-- requires: tables/alerts.sql, tables/alert_deliveries.sql, tables/key_proofs.sql, tables/primary_backups.sql, tables/retention_marks.sql
-- backup.prune_ledger(p_limit)
--
-- Why: whatever is recorded grows, and pg_cron keeps its own history for ever. How long rows are kept is in backup.settings
-- (ledger_keep_…). What tells something about today is kept whatever its age: backup.status, backup.restore_points,
-- backup.recovery_objectives, backup.retention_plan() and backup.alert_causes() answer the same before and after. So of a restore
-- point in the bucket nothing goes but its chunks, which its manifest lists; the newest one keeps them, as verifications compare
-- the bucket with them. A run goes last, when nothing refers to it.
-- One call deletes at most p_limit rows of each kind, so that it is short; "more" says that there are others.
create or replace function backup.prune_ledger(p_limit integer default 10000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_settings backup.settings;
  v_now      timestamptz := clock_timestamp();
  v_work     timestamptz;
  v_answers  timestamptz;
  v_history  timestamptz;
  v_kind     text;
  v_rule     text;
  v_count    bigint;
  v_left     boolean;
  v_more     boolean := false;
  v_deleted  jsonb := '{}';
begin
  select * into v_settings from backup.settings;
  v_work := v_now - v_settings.ledger_keep_work;
  v_answers := v_now - v_settings.ledger_keep_answers;
  -- 360 days pass for a year where intervals are compared, and backup.recovery_objectives looks back a whole one.
  v_history := least(v_now - v_settings.ledger_keep_history, v_now - interval '1 year');
  -- Each rule finds rows that may go. $1: end of ledger_keep_work, $2: of ledger_keep_answers, $3: of ledger_keep_history.
  for v_kind, v_rule in values
    -- The newest row of a job tells whether the job fails.
    ('job_runs', $q$
      select o.ctid from backup.job_runs o
      where o.started_at < $1 and o.started_at < (select max(n.started_at) from backup.job_runs n where n.job_name = o.job_name)$q$),
    ('chunks', $q$
      select o.ctid from backup.runs r join backup.chunks o using (run_id)
      where r.finished_at < $1 and r.run_id is distinct from (
        select n.run_id from backup.runs n where n.state = 'complete' order by n.snapshot_at desc, n.run_id desc limit 1)$q$),
    ('drill_steps', $q$
      select o.ctid from backup.drills d join backup.drill_steps o using (drill_id) where d.finished_at < $1$q$),
    -- With its answers, never without: a verification that has none would look as if it had found nothing.
    ('verifications', $q$
      with kept as (
        (select k.verification_id from backup.verifications k order by k.started_at desc, k.verification_id desc limit 1)
        union (select k.verification_id from backup.verifications k where k.verdict is not null order by k.started_at desc limit 1)
        union (select distinct on (k.verdict) k.verification_id from backup.verifications k where k.verdict is not null order by k.verdict, k.finished_at desc)
        union (select distinct on (k.run_id) k.verification_id from backup.verifications k join backup.runs r using (run_id)
               where k.verdict is not null and r.state = 'complete' order by k.run_id, k.finished_at desc)
        -- Where reading objects back by turns goes on.
        union (select k.verification_id from backup.verification_results k where k.check_name = 'check_backup_objects' and k.evidence ? 'share_of'
               group by k.verification_id order by max(k.recorded_at) desc limit 2)
      ), old as (
        select o.ctid, o.finished_at, o.verification_id, (select count(*) from backup.verification_results a where a.verification_id = o.verification_id) as answers
        from backup.verifications o where o.finished_at < $2 and o.verification_id not in (select k.verification_id from kept k)
        order by o.finished_at, o.verification_id limit $4
      )
      select s.ctid from (
        select o.ctid, sum(o.answers) over w as answers, row_number() over w as place from old o window w as (order by o.finished_at, o.verification_id)) s
      where s.answers <= $4 or s.place = 1$q$),
    ('run_tables', $q$
      select o.ctid from backup.runs r join backup.run_tables o using (run_id)
      where r.state in ('failed', 'expired') and r.finished_at < $1 and not exists (select from backup.chunks c where c.run_id = r.run_id)$q$),
    -- The newest twelve are what a report shows; one that was named does not count where drills take turns.
    ('drills', $q$
      select o.ctid from backup.runs r join backup.drills o using (run_id)
      where r.objects_deleted_at is not null and o.finished_at < $3 and not exists (select from backup.drill_steps s where s.drill_id = o.drill_id)
        and o.drill_id not in (
          (select k.drill_id from backup.drills k where k.verdict <> 'skipped' order by k.started_at desc limit 12)
          union (select k.drill_id from backup.drills k where k.selection <> 'named' order by k.started_at desc limit 1)
          union (select distinct on (k.verdict) k.drill_id from backup.drills k where k.verdict is not null order by k.verdict, k.finished_at desc))$q$),
    ('key_proofs', $q$
      select o.ctid from backup.key_proofs o
      where o.proven_at < $3 and o.proven_at < (select max(n.proven_at) from backup.key_proofs n where n.recipient = o.recipient)$q$),
    ('primary_backups', $q$
      select o.ctid from backup.primary_backups o
      where o.looked_at < $2 and o.looked_at < (select max(n.looked_at) from backup.primary_backups n)$q$),
    -- The last word about a cause is kept: what is open must stay known as told. So is the last end on a channel, which tells
    -- whether it works.
    ('alert_deliveries', $q$
      select o.ctid from backup.alert_deliveries o
      where o.finished_at < $2 and exists (select from backup.alert_deliveries n where n.cause = o.cause and n.queued_at > o.queued_at)
        and (o.channel is null or o.state = 'skipped'
             or exists (select from backup.alert_deliveries n where n.channel = o.channel and n.state in ('sent', 'failed') and n.finished_at > o.finished_at))$q$),
    ('alerts', $q$
      select o.ctid from backup.alerts o where o.resolved_at < $3$q$),
    ('retention_marks', $q$
      select o.ctid from backup.retention_marks o where o.swept_at < $3$q$),
    -- A deleted run is still the first of its day, week or month as long as there are others of it. The newest ones are what
    -- a report shows and what the size of the next is compared with.
    ('runs', $q$
      select o.ctid from backup.runs o
      where o.objects_deleted_at < $3 and o.finished_at < $3
        and not exists (select from backup.runs c where o.state = 'expired' and c.state = 'complete'
                        and c.snapshot_at >= o.snapshot_at and c.snapshot_at < o.snapshot_at + interval '32 days')
        and o.run_id not in (
          (select k.run_id from backup.runs k order by k.requested_at desc, k.run_id desc limit 60)
          union (select k.run_id from backup.runs k where k.state = 'failed' order by k.requested_at desc limit 1)
          union (select k.run_id from backup.runs k where k.state in ('complete', 'expired') order by k.snapshot_at desc limit 11))
        and not exists (select from backup.run_tables t where t.run_id = o.run_id)
        and not exists (select from backup.chunks t where t.run_id = o.run_id)
        and not exists (select from backup.drills t where t.run_id = o.run_id)
        and not exists (select from backup.key_proofs t where t.run_id = o.run_id)
        and not exists (select from backup.verifications t where t.run_id = o.run_id)$q$)
  loop
    execute format('delete from backup.%I d where d.ctid = any (array(%s limit $4))', v_kind, v_rule)
      using v_work, v_answers, v_history, p_limit;
    get diagnostics v_count = row_count;
    v_deleted := v_deleted || jsonb_build_object(v_kind, v_count);
    if v_count > 0 and not v_more then
      execute format('select exists (%s)', v_rule) into v_left
        using v_work, v_answers, v_history, p_limit;
      v_more := v_left;
    end if;
  end loop;

  v_count := 0;
  if to_regclass('cron.job_run_details') is not null and has_table_privilege('cron.job_run_details', 'delete') then
    execute 'delete from cron.job_run_details d where d.runid = any (array(
               select o.runid from cron.job_run_details o where o.end_time < $1 - interval ''7 days'' limit $2))' using v_now, p_limit;
    get diagnostics v_count = row_count;
  end if;
  return v_deleted || jsonb_build_object('cron_details', v_count, 'more', v_more or v_count >= p_limit);
end;
$$;

comment on function backup.prune_ledger(integer) is
  'Deletes what backup.settings.ledger_keep_… no longer keeps and nothing needs, and the history of pg_cron after a week; at most so many rows of each kind. Returns how many, and whether there are more.';
revoke all on function backup.prune_ledger(integer) from public;
