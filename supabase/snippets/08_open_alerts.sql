-- What needs a person now?
-- Open alerts, critical ones first. occurrences counts how often the same cause came back while the alert was open.
select
  a.severity,
  a.cause,
  a.message,
  a.occurrences,
  a.raised_at,
  a.last_seen,
  date_trunc('second', now() - a.raised_at) as open_for,
  a.details
from backup.alerts a
where a.resolved_at is null
order by a.severity, a.raised_at;
