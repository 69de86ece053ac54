-- requires: tables/runs.sql, tables/drills.sql, tables/policies.sql, tables/verifications.sql
create or replace view backup.restore_points with (security_invoker = true) as
select
  r.run_id,
  r.tier,
  r.snapshot_at,
  now() - r.snapshot_at as age,
  proven.finished_at is not null as verified,
  proven.finished_at as verified_at,
  checked.verdict as last_check,
  checked.finished_at as last_checked_at,
  -- In UTC: a day is a day, also where the session's time zone changes its clocks.
  (r.snapshot_at at time zone 'UTC' + p.retention) at time zone 'UTC' as expires_at,
  r.rows,
  r.raw_bytes,
  r.stored_bytes,
  jsonb_array_length(r.warnings) as warnings,
  r.manifest_key,
  r.manifest_sha256,
  r.archived
from backup.runs r
left join lateral (
  select max(s.retention) as retention from backup.policies s where s.provider = 'aws_s3' and s.tier = r.tier
) as p on true
left join lateral (
  select d.finished_at from backup.drills d
  where d.run_id = r.run_id and d.verdict = 'passed'
    -- A manifest that was exchanged after the export is not what this row stands for.
    and coalesce(d.manifest_sha256 = r.manifest_sha256, true)
  order by d.finished_at desc limit 1
) as proven on true
left join lateral (
  select v.verdict, v.finished_at from backup.verifications v
  where v.run_id = r.run_id and v.verdict is not null order by v.finished_at desc limit 1
) as checked on true
where r.state = 'complete'
order by r.snapshot_at desc;

grant select on backup.restore_points to service_role;
comment on view backup.restore_points is
  'Every backup that can be restored, newest first. A run without a manifest is not here, because it is not a backup.';
comment on column backup.restore_points.snapshot_at is 'A restore brings the data back as it was at this time.';
comment on column backup.restore_points.verified is 'True once a drill restored this very backup and found it equal.';
comment on column backup.restore_points.last_check is 'Verdict of the newest verification that examined this backup''s objects. It is not a restore.';
comment on column backup.restore_points.expires_at is 'When retention may delete it, from the policy of its tier.';
comment on column backup.restore_points.raw_bytes is 'Size of the data before compression.';
comment on column backup.restore_points.warnings is 'Number of things this backup does not cover; see warnings in backup.runs.';
comment on column backup.restore_points.manifest_key is 'Object key of the manifest. Bucket and key are enough to restore.';
comment on column backup.restore_points.run_id is 'The run that made it; what holdfast restore --from takes.';
comment on column backup.restore_points.tier is 'Decides how long it is kept.';
comment on column backup.restore_points.age is 'Time since snapshot_at: what a restore of it would lose.';
comment on column backup.restore_points.verified_at is 'When the newest such drill ended.';
comment on column backup.restore_points.last_checked_at is 'When that verification ended.';
comment on column backup.restore_points.rows is 'Rows of all tables.';
comment on column backup.restore_points.archived is 'Its rows have to be thawed before they can be read: holdfast restore --thaw. Drills by functions leave it out.';
comment on column backup.restore_points.stored_bytes is 'Size of all its objects in the bucket.';
comment on column backup.restore_points.manifest_sha256 is 'Digest of the manifest as it was written; a drill of another manifest does not verify this backup.';
