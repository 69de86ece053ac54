-- Which checks of the newest verification are not passed?
-- failed first. inconclusive could not look, skipped does not apply; neither is passed. No rows: everything passed, or there was no verification.
select
  l.check_name,
  l.subject,
  coalesce(l.verdict::text, l.state) as answer,
  l.expected,
  l.actual,
  l.evidence,
  l.started_at as verified_at
from backup.latest_verification l
where l.verdict is distinct from 'passed'
order by array_position(array['failed', 'inconclusive', 'skipped']::backup.verdict[], l.verdict) nulls first, l.check_name, l.subject;
