-- What is not covered?
-- What a restore of the newest backup would not bring back, and what the strategy asks for and is not set up.
with newest as (
  select r.run_id, r.warnings from backup.runs r where r.state = 'complete' order by r.snapshot_at desc limit 1
)
select c.from_where, c.subject, c.why
from (
  select 1 as place, 'newest backup' as from_where, w ->> 'subject' as subject, w ->> 'message' as why
  from newest n
  cross join lateral jsonb_array_elements(n.warnings) w
  union all
  select 2, 'newest backup', format('%I.%I', t.schema_name, t.table_name), 'rows left out: ' || t.reason
  from newest n
  join backup.run_tables t using (run_id)
  where t.status = 'excluded'
  union all
  select 3, 'database today', g.subject, g.message
  from backup.coverage_gaps() g
  union all
  select 4, 'strategy', null, g
  from backup.strategy_gaps() g
) as c
order by c.place, c.subject, c.why;
