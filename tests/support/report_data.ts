import type { ReportData, ReportRun } from "../../functions/_shared/report/page/read_report.ts";

export function reportRun(given: Partial<ReportRun> = {}): ReportRun {
  return {
    run_id: "20261122T010000Z-a1b2c3", tier: "weekly", state: "complete", requested_at: "2026-11-22T01:00:00+00:00", snapshot_at: "2026-11-22T01:00:02+00:00", seconds: 90,
    rows: 1000, raw_bytes: 2 ** 20, stored_bytes: 2 ** 18, verified: false, failure_code: null, failure_message: null, ...given,
  };
}

/** A project whose newest restore point was drilled and whose checks pass. */
export function reportData(given: Partial<ReportData> = {}): ReportData {
  return {
    now: "2026-11-23T12:00:00+00:00", project: "clinic", health: "healthy", secondary_backup: true, tool_version: "1.2.3",
    newest: { run_id: "20261122T010000Z-a1b2c3", tier: "weekly", snapshot_at: "2026-11-22T01:00:02+00:00", age_seconds: 126_000, verified: true, rows: 1000, raw_bytes: 2 ** 20,
      stored_bytes: 2 ** 18, manifest_key: "p/runs/20261122T010000Z-a1b2c3/manifest.json", warnings: [] },
    objectives: [
      { name: "rto", target_seconds: 14_400, measured_seconds: 600, met: true, basis: "95th percentile", extrapolated_seconds: 700, unverified_seconds: null },
      { name: "rpo", target_seconds: 172_800, measured_seconds: 126_000, met: true, basis: "age of the newest verified one", extrapolated_seconds: null, unverified_seconds: 126_000 }],
    runs: [reportRun({ run_id: "20261115T010000Z-a1b2c3", requested_at: "2026-11-15T01:00:00+00:00", snapshot_at: "2026-11-15T01:00:02+00:00" }), reportRun({ verified: true })],
    tables: [{ name: "public.pets", status: "exported", reason: null, rows: 1000, previous_rows: 990, bytes: 8192 },
      { name: "public.remote", status: "excluded", reason: "foreign table", rows: null, previous_rows: null, bytes: 0 }],
    drills: [{ drill_id: "d", run_id: "20261122T010000Z-a1b2c3", verdict: "passed", started_at: "2026-11-22T04:00:00+00:00", seconds: 600, phase_seconds: { data: 400, prove: 150 }, failure_message: null }],
    alerts: [],
    verification: {
      verification_id: "6f1c2f5e-7d53-4c8e-9b43-1d2f3a4b5c6d", trigger: "schedule", verdict: "passed", started_at: "2026-11-22T02:00:00+00:00", finished_at: "2026-11-22T02:00:05+00:00",
      report: null, page_key: null, checks: [{ check_name: "check_row_counts", state: "done" }], restore_point: null, newest_drill: null, objectives: [],
      findings: [{ check_name: "check_row_counts", subject: "public.pets", verdict: "passed", expected: "at least 900 rows", actual: "1000 rows", evidence: { rows: 1000 }, duration_ms: 4 }],
    },
    ...given,
  };
}
