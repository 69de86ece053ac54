-- requires: tables/verifications.sql, tables/verification_results.sql, tables/verification_checks.sql
create or replace view backup.latest_verification with (security_invoker = true) as
with latest as (
  select * from backup.verifications v order by v.started_at desc, v.verification_id desc limit 1
)
select
  l.verification_id,
  l.run_id,
  l.started_at,
  l.finished_at,
  l.verdict as verification_verdict,
  c.check_name,
  c.state,
  r.subject,
  r.verdict,
  r.expected,
  r.actual,
  r.evidence,
  r.duration_ms
from latest l
join backup.verification_checks c using (verification_id)
left join backup.verification_results r using (verification_id, check_name)
order by array_position(array['failed', 'inconclusive', 'skipped', 'passed']::backup.verdict[], r.verdict) nulls first,
         c.check_name, r.result_no;

grant select on backup.latest_verification to service_role;
comment on view backup.latest_verification is 'Every answer of the newest verification, what needs attention first.';
comment on column backup.latest_verification.verification_verdict is 'Verdict of the whole verification; null while a check is still open.';
comment on column backup.latest_verification.state is 'State of the check: pending, running, background (a pg_cron job works on it) or done.';
comment on column backup.latest_verification.verdict is 'Answer of this check about this subject; null while it is open.';
comment on column backup.latest_verification.duration_ms is 'Time of the whole check, in milliseconds.';
comment on column backup.latest_verification.verification_id is 'Its rows in backup.verifications and backup.verification_results.';
comment on column backup.latest_verification.run_id is 'The restore point whose objects were checked; null when there was none.';
comment on column backup.latest_verification.started_at is 'When the verification began.';
comment on column backup.latest_verification.finished_at is 'When its last answer arrived; null while a check is open.';
comment on column backup.latest_verification.check_name is 'The check, as backup.verification_check_names() lists it.';
comment on column backup.latest_verification.subject is 'What was looked at: a table, an index, an object of the bucket.';
comment on column backup.latest_verification.expected is 'What passing would have meant.';
comment on column backup.latest_verification.actual is 'What was found.';
comment on column backup.latest_verification.evidence is 'What was read to reach the verdict. Never the contents of rows.';
