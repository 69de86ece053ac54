-- requires: tables/drill_steps.sql, tables/settings.sql, views/restore_points.sql, functions/end_stuck_drills.sql
-- backup.start_drill(p_trigger, p_from)
--
-- Why: the one way a drill by functions comes into being. The restore point is chosen here, so that older ones are tried
-- as well: untried ones first, and only such that retention has not reached. What is archived is left out, since a function
-- does not live as long as thawing takes. The unique index on active drills makes a
-- second one impossible, also when two callers arrive in the same instant.
-- p_from: latest, random, alternate, a run id, or null for backup.settings.drill_from. The next tick sends a worker when
-- the caller is none.
-- Errors: HF001 no such run, HF500 no restore point, HF507 another drill is active, HF603 the run, or every one, is archived.
create or replace function backup.start_drill(p_trigger text, p_from text default null)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_settings  backup.settings;
  v_selection text := p_from;
  v_run       record;
  v_drill_id  uuid := gen_random_uuid();
  v_active    uuid;
begin
  perform backup.end_stuck_drills();
  select * into v_settings from backup.settings;
  v_selection := coalesce(p_from, v_settings.drill_from);
  if v_selection = 'alternate' then
    v_selection := coalesce((select case d.selection when 'latest' then 'random' else 'latest' end from backup.drills d
                             where d.selection <> 'named' order by d.started_at desc limit 1), 'latest');
  end if;

  if v_selection in ('latest', 'random') then
    select p.run_id, p.manifest_sha256 into v_run
    from backup.restore_points p
    where not p.archived and (v_selection = 'latest'
       or (p.age <= v_settings.drill_window and (p.expires_at is null or p.expires_at > now())))
    order by case when v_selection = 'random' then (select count(*) from backup.drills d where d.run_id = p.run_id) end,
             case when v_selection = 'random' then random() end, p.snapshot_at desc
    limit 1;
  else
    select p.run_id, p.manifest_sha256, p.archived into v_run from backup.restore_points p where p.run_id = v_selection;
    if found and v_run.archived then
      raise exception using errcode = 'HF603', message = format('run %s is archived', p_from),
        detail = 'Thawing takes hours, and a function lives for minutes.',
        hint = format('Run holdfast drill --from %s --thaw, or drill a run that is not archived.', p_from);
    end if;
    if v_run.run_id is null and not exists (select from backup.runs r where r.run_id = v_selection) then
      raise exception using errcode = 'HF001', message = format('run %L does not exist', v_selection),
        hint = 'Name a run of backup.restore_points, latest or random.';
    end if;
    v_selection := 'named';
  end if;
  if v_run.run_id is null and v_selection <> 'named' and exists (
       select from backup.restore_points p where p.archived and (v_selection = 'latest' or p.age <= v_settings.drill_window)) then
    raise exception using errcode = 'HF603', message = 'every restore point that could be drilled is archived',
      detail = 'Thawing takes hours, and a function lives for minutes.', hint = 'Run holdfast drill --from latest --thaw.';
  end if;
  if v_run.run_id is null then
    raise exception using errcode = 'HF500', message = 'there is no restore point to drill',
      detail = case v_selection when 'named' then format('Run %s is none.', p_from)
                                when 'random' then format('Looked at the last %s.', v_settings.drill_window)
                                else 'No run is complete.' end,
      hint = 'Run an export first; see backup.restore_points.';
  end if;

  begin
    insert into backup.drills (drill_id, run_id, trigger, engine, target, selection, scratch_database, manifest_sha256)
    select v_drill_id, v_run.run_id, p_trigger, 'functions', 'scratch', v_selection,
           -- The server's databases may hold other ledgers; each looks after the scratch databases with its own number.
           format('holdfast_drill_%s_%s', b.oid, replace(v_drill_id::text, '-', '')), v_run.manifest_sha256
    from pg_catalog.pg_database b where b.datname = current_database();
  exception when unique_violation then
    select d.drill_id into v_active from backup.drills d where d.state = 'running' and d.engine = 'functions';
    raise exception using errcode = 'HF507', message = format('drill %s is still active', coalesce(v_active::text, '(just ended)')),
      hint = 'Wait for it, or end it with select backup.fail_drill(''<drill id>'', ''HF521'', ''cancelled'').';
  end;
  insert into backup.drill_steps (drill_id, step_no, kind, phase) values (v_drill_id, 1, 'begin', 'check');
  return v_drill_id;
end;
$$;

comment on function backup.start_drill(text, text) is
  'Starts a drill by Edge Functions of a restore point (latest, random, alternate, a run id; null: as settings say) and returns its id; archived ones are left out. Errors: HF001, HF500, HF507, HF603.';
revoke all on function backup.start_drill(text, text) from public;
