-- requires: tables/objectives.sql, tables/drills.sql, views/restore_points.sql
-- The extrapolation takes each passed drill, scales what grows with the data to the size of the newest restore point, and
-- leaves what does not (creating the schema, waiting for functions) as it was measured. Old drills measured another
-- server, so a year is enough.
create or replace view backup.recovery_objectives with (security_invoker = true) as
with proven as (
  -- Only runs of passed drills can be verified; as an array, so that the view looks at no other.
  select p.run_id, p.age from backup.restore_points p
  where p.verified and p.run_id = any (array(select d.run_id from backup.drills d where d.verdict = 'passed'))
  order by p.snapshot_at desc limit 1
), newest as (
  select p.run_id, p.age, p.raw_bytes from backup.restore_points p
  where p.run_id = (select r.run_id from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1)
), passed as (
  select d.drill_id, d.engine, d.phase_seconds, d.raw_bytes, extract(epoch from d.finished_at - d.started_at) as seconds,
         (select coalesce(sum(s.value::text::numeric), 0) from jsonb_each(d.phase_seconds) s
          where s.key in ('data', 'schema_after', 'analyze', 'prove')) as growing
  from backup.drills d
  where d.verdict = 'passed' and d.started_at > now() - interval '1 year'
), timed as (
  select count(*) as drills, count(*) filter (where p.engine = 'functions') as by_functions,
         make_interval(secs => percentile_cont(0.95) within group (order by p.seconds)) as p95,
         make_interval(secs => percentile_cont(0.95) within group (
           order by p.seconds + p.growing * (n.raw_bytes::numeric / nullif(p.raw_bytes, 0) - 1))) as at_current_size,
         count(*) filter (where p.raw_bytes > 0 and n.raw_bytes is not null) as sized,
         min(p.raw_bytes) as least, max(p.raw_bytes) as most
  from passed p left join newest n on true
), phases as (
  select jsonb_object_agg(q.phase, q.p95) as seconds
  from (select s.key as phase, round(percentile_cont(0.95) within group (order by s.value::text::numeric)::numeric, 3) as p95
        from passed p cross join lateral jsonb_each(p.phase_seconds) s group by s.key) q
), measured as (
  select 'rpo' as name, (select p.age from proven p) as measured,
    case
      when exists (select from proven) then (select format('age of the newest verified restore point, %s', p.run_id) from proven p)
      when exists (select from newest) then (select format('no restore point is verified by a drill; the newest unverified one is %s', n.run_id) from newest n)
      else 'there is no restore point'
    end as basis, null::jsonb as phases, null::interval as extrapolated, null::text as extrapolated_basis
  union all
  select 'rto', t.p95,
    case when t.drills > 0 then format('95th percentile of %s passed drill(s) of the last year, %s by functions, start to proof', t.drills, t.by_functions)
         else 'no drill has passed yet' end,
    coalesce(p.seconds, '{}'),
    case when t.sized > 0 then t.at_current_size end,
    case when t.sized = 0 then null
         else format('95th percentile of %s drill(s) of %s to %s; data, schema_after, analyze and prove scaled to the %s of %s, the rest as measured',
                     t.sized, pg_size_pretty(t.least), pg_size_pretty(t.most), pg_size_pretty(n.raw_bytes), n.run_id) end
  from timed t cross join phases p left join newest n on true
)
select
  o.name,
  o.target,
  m.measured,
  m.measured <= o.target as met,
  m.basis,
  (select n.age from newest n where o.name = 'rpo') as unverified,
  o.description,
  m.phases,
  m.extrapolated,
  m.extrapolated_basis
from backup.objectives o
join measured m using (name)
order by o.name;

grant select on backup.recovery_objectives to service_role;
comment on view backup.recovery_objectives is 'Recovery objectives beside what was measured. Only what a drill has proven counts.';
comment on column backup.recovery_objectives.name is 'rpo: data that may be lost. rto: time until the database works again.';
comment on column backup.recovery_objectives.measured is 'Null: never measured, see basis.';
comment on column backup.recovery_objectives.met is 'Null when it was never measured; that is not yes.';
comment on column backup.recovery_objectives.unverified is 'Age of the newest restore point, verified or not. What would be lost if it restores.';
comment on column backup.recovery_objectives.phases is 'Of rto: 95th percentile of the seconds of each phase of a restore.';
comment on column backup.recovery_objectives.extrapolated is 'Of rto: expected time for the newest restore point, from the sizes and phases of the drills. An estimate; see extrapolated_basis.';
comment on column backup.recovery_objectives.target is 'What backup.objectives asks for; change it with backup.set_objective().';
comment on column backup.recovery_objectives.basis is 'What the measure rests on, or why there is none.';
comment on column backup.recovery_objectives.description is 'What the objective means, in words.';
comment on column backup.recovery_objectives.extrapolated_basis is 'What the expected time rests on.';
