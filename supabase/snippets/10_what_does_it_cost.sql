-- What does it cost in a month?
-- An estimate at steady state, with the prices of backup.prices: edit those to what you pay. No rows: exports are off or none has completed.
select
  coalesce(c.item, 'total') as item,
  c.storage_class,
  c.runs,
  pg_size_pretty(c.bytes) as size,
  round(sum(c.usd_per_month), 2) as usd_per_month,
  c.basis
from backup.strategy_costs() with ordinality c(item, storage_class, runs, bytes, usd_per_month, basis, position)
group by grouping sets ((c.position, c.item, c.storage_class, c.runs, c.bytes, c.basis), ())
having count(*) > 0
order by grouping(c.item), min(c.position);
