-- requires: tables/drills.sql, tables/settings.sql
-- backup.check_drill_age()
--
-- Why: a backup nobody has restored is a hope. The limit is backup.settings.drill_max_age. A failed newest drill fails here
-- until one passes.
create or replace function backup.check_drill_age()
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with wanted as (
    select s.drill_max_age, format('a drill passed within %s', s.drill_max_age) as words from backup.settings s
  ), newest as (
    select d.*, clock_timestamp() - d.finished_at as age
    from backup.drills d
    where d.verdict is not null and d.verdict <> 'skipped'
    order by d.finished_at desc
    limit 1
  )
  select 'check_drill_age', 'newest drill',
    (case when n.verdict <> 'passed' then n.verdict::text
          when n.age > w.drill_max_age then 'failed'
          else 'passed' end)::backup.verdict,
    w.words,
    format('%s %s days ago', n.verdict, extract(day from n.age)) || coalesce(': ' || n.failure_message, ''),
    jsonb_build_object('drill_id', n.drill_id, 'run_id', n.run_id, 'finished_at', n.finished_at, 'state', n.state,
                       'failure_code', n.failure_code,
                       'age_days', round(extract(epoch from n.age) / 86400, 1),
                       'seconds', round(extract(epoch from n.finished_at - n.started_at), 1))
  from newest n cross join wanted w
  union all
  select 'check_drill_age', 'newest drill', 'skipped'::backup.verdict,
    w.words, 'no drill has been run; restores are not proven yet', '{}'::jsonb
  from wanted w
  where not exists (select from newest)
$$;

comment on function backup.check_drill_age() is
  'Fails when the newest drill failed or is older than backup.settings.drill_max_age; skipped while there has never been one.';
revoke all on function backup.check_drill_age() from public;
