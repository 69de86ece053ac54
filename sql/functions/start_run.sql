-- requires: tables/runs.sql, tables/chunks.sql, tables/settings.sql, functions/schedule_keeper.sql, functions/end_stuck_runs.sql
-- backup.start_run(p_trigger, p_engine, p_tier, p_object_root)
--
-- Why: the one way a run comes into being, whoever asks. The unique index on active runs makes a second one impossible,
-- also when two callers arrive in the same instant.
-- The tier follows the calendar of good runs unless given: first of the month, first of the week, else daily.
-- Errors: HF002 another run is active.
create or replace function backup.start_run(
  p_trigger     text,
  p_engine      text default 'functions',
  p_tier        backup.tier default null,
  p_object_root text default 'holdfast'
)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_now     timestamptz := clock_timestamp();
  v_run_id  text := to_char(v_now at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z-"')
                    || substr(replace(gen_random_uuid()::text, '-', ''), 1, 6);
  v_project text := (select s.project_ref from backup.settings s);
  v_active  text;
  v_tier    backup.tier := p_tier;
begin
  -- A run whose keeper died must not block the next one until somebody notices.
  perform backup.end_stuck_runs();
  if v_tier is null then
    select case
        when count(*) filter (where r.snapshot_at >= date_trunc('month', v_now, 'UTC')) = 0 then 'monthly'
        when count(*) filter (where r.snapshot_at >= date_trunc('week', v_now, 'UTC')) = 0 then 'weekly'
        else 'daily' end::backup.tier
      into v_tier
    from backup.runs r where r.state in ('complete', 'expired');
  end if;

  begin
    insert into backup.runs (run_id, tier, trigger, engine, object_prefix)
    values (v_run_id, v_tier, p_trigger, p_engine,
            concat_ws('/', nullif(trim(both '/' from p_object_root), ''), v_project, 'runs', v_run_id) || '/');
  exception when unique_violation then
    select r.run_id into v_active from backup.runs r where r.state in ('starting', 'exporting');
    raise exception using
      errcode = 'HF002',
      message = format('run %s is still active', coalesce(v_active, '(just ended)')),
      hint    = 'Wait for it, or end it with select backup.cancel_run(''<run id>'').';
  end;

  insert into backup.chunks (run_id, chunk_no, kind) values (v_run_id, 1, 'plan');
  if p_engine = 'functions' then
    perform backup.schedule_keeper(v_run_id);
  end if;
  return v_run_id;
end;
$$;

comment on function backup.start_run(text, text, backup.tier, text) is
  'Starts a run and returns its id. With engine "functions" a pg_cron job is scheduled that holds the snapshot. Errors: HF002.';
revoke all on function backup.start_run(text, text, backup.tier, text) from public;
