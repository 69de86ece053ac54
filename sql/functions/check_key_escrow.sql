-- requires: tables/key_proofs.sql, tables/runs.sql, tables/settings.sql
-- backup.check_key_escrow()
--
-- Why: an encrypted backup whose private key is lost is no backup, and nothing else would notice before the disaster. Every
-- recipient of the newest encrypted backup has to be shown to open a backup every backup.settings.key_proof_max_age; a
-- recipient that is new since a rotation has not been shown to open anything.
-- One answer for each recipient: failed when the last proof is too old, inconclusive when there is none yet.
create or replace function backup.check_key_escrow()
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with wanted as (
    select s.key_proof_max_age, format('its identity opened a backup within %s', s.key_proof_max_age) as words from backup.settings s
  ), newest as (
    select r.run_id, r.age_recipients
    from backup.runs r
    where r.state = 'complete' and cardinality(r.age_recipients) > 0
    order by r.run_id desc
    limit 1
  ), recipients as (
    select n.run_id, k.recipient, k.position, p.proven_at, p.run_id as proven_run_id, p.objects, p.bytes, clock_timestamp() - p.proven_at as age
    from newest n
    cross join unnest(n.age_recipients) with ordinality as k (recipient, position)
    left join lateral (
      select o.* from backup.key_proofs o where o.recipient = k.recipient order by o.proven_at desc limit 1
    ) p on true
  ), answers as (
    select 'check_key_escrow' as check_name, 'recipient ' || r.recipient as subject,
      (case when r.proven_at is null then 'inconclusive' when r.age > w.key_proof_max_age then 'failed' else 'passed' end)::backup.verdict as verdict,
      w.words as expected,
      case when r.proven_at is null then 'never proven; run holdfast verify-key --identity <file>'
           when r.age > w.key_proof_max_age then format('last proven %s days ago; run holdfast verify-key --identity <file>', extract(day from r.age))
           else format('proven %s days ago', extract(day from r.age)) end as actual,
      jsonb_build_object('run_id', r.run_id, 'recipient', r.recipient, 'proven_at', r.proven_at, 'proven_run_id', r.proven_run_id,
                         'objects', r.objects, 'bytes', r.bytes) as evidence,
      r.position
    from recipients r cross join wanted w
  )
  select a.check_name, a.subject, a.verdict, a.expected, a.actual, a.evidence
  from (
    select * from answers
    union all
    select 'check_key_escrow', 'recipients', 'skipped'::backup.verdict, w.words, 'no backup is encrypted', '{}'::jsonb, 0
    from wanted w where not exists (select from newest)
  ) a
  order by a.position
$$;

comment on function backup.check_key_escrow() is
  'Whether the private key of each recipient of the newest encrypted backup was shown to open a backup within backup.settings.key_proof_max_age.';
revoke all on function backup.check_key_escrow() from public;
