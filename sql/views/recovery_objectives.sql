-- requires: tables/objectives.sql, tables/drills.sql, views/restore_points.sql
create or replace view backup.recovery_objectives with (security_invoker = true) as
with proven as (
  select p.run_id, p.age from backup.restore_points p where p.verified order by p.snapshot_at desc limit 1
), newest as (
  select p.run_id, p.age from backup.restore_points p order by p.snapshot_at desc limit 1
), timed as (
  select count(*) as drills,
         make_interval(secs => percentile_cont(0.95) within group (order by extract(epoch from d.finished_at - d.started_at))) as p95
  from backup.drills d
  where d.verdict = 'passed'
), measured as (
  select 'rpo' as name, (select p.age from proven p) as measured,
    case
      when exists (select from proven) then (select format('age of the newest verified restore point, %s', p.run_id) from proven p)
      when exists (select from newest) then (select format('no restore point is verified by a drill; the newest unverified one is %s', n.run_id) from newest n)
      else 'there is no restore point'
    end as basis
  union all
  select 'rto', t.p95,
    case when t.drills > 0 then format('95th percentile of %s passed drill(s), start to proof', t.drills)
         else 'no drill has passed yet' end
  from timed t
)
select
  o.name,
  o.target,
  m.measured,
  m.measured <= o.target as met,
  m.basis,
  (select n.age from newest n where o.name = 'rpo') as unverified,
  o.description
from backup.objectives o
join measured m using (name)
order by o.name;

grant select on backup.recovery_objectives to service_role;
comment on view backup.recovery_objectives is 'Recovery objectives beside what was measured. Only what a drill has proven counts.';
comment on column backup.recovery_objectives.name is 'rpo: data that may be lost. rto: time until the database works again.';
comment on column backup.recovery_objectives.measured is 'Null: never measured, see basis.';
comment on column backup.recovery_objectives.met is 'Null when it was never measured; that is not yes.';
comment on column backup.recovery_objectives.unverified is 'Age of the newest restore point, verified or not. What would be lost if it restores.';
