-- backup.check_drill_age()
--
-- Why: a backup nobody has restored is a hope. Drills are monthly; 35 days leaves room for the longest month and a
-- missed night. A failed newest drill fails here until one passes.
create or replace function backup.check_drill_age()
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with newest as (
    select d.drill_id, d.run_id, d.verdict, d.finished_at, clock_timestamp() - d.finished_at as age
    from backup.drills d
    where d.verdict is not null and d.verdict <> 'skipped'
    order by d.finished_at desc
    limit 1
  )
  select 'check_drill_age', 'newest drill',
    (case when n.verdict <> 'passed' then n.verdict::text
          when n.age > interval '35 days' then 'failed'
          else 'passed' end)::backup.verdict,
    'a drill passed within 35 days',
    format('%s %s days ago', n.verdict, extract(day from n.age)),
    jsonb_build_object('drill_id', n.drill_id, 'run_id', n.run_id, 'finished_at', n.finished_at)
  from newest n
  union all
  select 'check_drill_age', 'newest drill', 'skipped'::backup.verdict,
    'a drill passed within 35 days', 'no drill has been run; restores are not proven yet', '{}'::jsonb
  where not exists (select from newest)
$$;

comment on function backup.check_drill_age() is
  'Fails when the newest drill failed or is older than 35 days; skipped while there has never been one.';
revoke all on function backup.check_drill_age() from public;
