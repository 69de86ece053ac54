/** A ledger with a proven restore point, a failed run, a newer restore point, a drill, two verifications and an alert. */
export const reportHistory = `
  insert into backup.runs (run_id, tier, trigger, engine, object_prefix, state, requested_at, snapshot_at, finished_at, rows, raw_bytes, stored_bytes, manifest_key, manifest_sha256, warnings, failure_code, failure_message) values
    ('20260101T010000Z-000001', 'monthly', 'schedule', 'functions', 'p/clinic/runs/20260101T010000Z-000001/', 'complete', '2026-01-01 01:00Z', '2026-01-01 01:00:01Z', '2026-01-01 01:01Z', 90, 10000, 2000, 'p/clinic/runs/20260101T010000Z-000001/manifest.json', repeat('a', 64), '[]', null, null),
    ('20260105T010000Z-000002', 'weekly', 'schedule', 'functions', 'p/clinic/runs/20260105T010000Z-000002/', 'failed', '2026-01-05 01:00Z', null, '2026-01-05 01:00:30Z', null, null, null, null, null, '[]', 'HF300', 'Snapshot lost'),
    ('20260108T010000Z-000003', 'daily', 'schedule', 'functions', 'p/clinic/runs/20260108T010000Z-000003/', 'complete', '2026-01-08 01:00Z', '2026-01-08 01:00:01Z', '2026-01-08 01:01:30Z', 120, 20000, 4000, 'p/clinic/runs/20260108T010000Z-000003/manifest.json', repeat('b', 64), '[{"code": "foreign_table", "subject": "public.remote", "message": "rows live elsewhere"}]', null, null);
  insert into backup.run_tables (run_id, schema_name, table_name, relid, status, reason, columns, total_bytes, rows, fingerprint) values
    ('20260101T010000Z-000001', 'public', 'pets', 1, 'exported', null, '{id}', 16384, 90, repeat('0', 16)),
    ('20260108T010000Z-000003', 'public', 'pets', 1, 'exported', null, '{id}', 16384, 100, repeat('1', 16)),
    ('20260108T010000Z-000003', 'Odd "one"', 'T|a', 2, 'exported', null, '{id}', 8192, 20, repeat('2', 16)),
    ('20260108T010000Z-000003', 'public', 'remote', 3, 'excluded', 'foreign table', '{}', 0, null, null);
  insert into backup.drills (run_id, trigger, state, verdict, started_at, finished_at, phase_seconds, raw_bytes, manifest_sha256) values
    ('20260101T010000Z-000001', 'schedule', 'complete', 'passed', '2026-01-02 04:00Z', '2026-01-02 04:10Z', '{"data": 400, "prove": 100}', 10000, repeat('a', 64));
  insert into backup.verifications (verification_id, run_id, trigger, verdict, started_at, finished_at) values
    ('00000000-0000-4000-8000-000000000001', '20260101T010000Z-000001', 'schedule', 'passed', '2026-01-04 02:00Z', '2026-01-04 02:00:05Z'),
    ('00000000-0000-4000-8000-000000000002', '20260108T010000Z-000003', 'schedule', 'failed', '2026-01-11 02:00Z', '2026-01-11 02:00:05Z');
  insert into backup.verification_checks (verification_id, check_name, state) select v.verification_id, 'check_row_counts', 'done' from backup.verifications v;
  insert into backup.verification_results (verification_id, check_name, subject, verdict, expected, actual, evidence) values
    ('00000000-0000-4000-8000-000000000001', 'check_row_counts', 'public.pets', 'passed', '90 rows', '90 rows', '{"rows": 90}'),
    ('00000000-0000-4000-8000-000000000002', 'check_row_counts', 'public.pets', 'failed', 'at least 80 rows', '2 rows', '{"rows": 2}');
  select backup.raise_alert('export_failed', 'warning', 'A run has failed');`;
