import type { Proof } from "../../functions/_shared/prove/proof.ts";

/** A proof of everything, passed, in the form that is stored. */
export function sampleProof(change: Partial<Proof> = {}): Proof {
  return {
    format: "holdfast-proof", format_version: 1, tool: { name: "holdfast", version: "0.1.0" }, project: "clinic", run_id: "20261123T205500Z-a1b2c3", manifest_sha256: "0".repeat(64),
    snapshot_at: "2026-11-23T20:55:00+00:00", scope: "full", verdict: "passed", target: { database: "fresh", version: "17.0", version_num: 170_000, role: "postgres" },
    started_at: "2026-11-24T01:00:00.000Z", finished_at: "2026-11-24T01:01:30.000Z", seconds: 90, work_seconds: 120,
    checks: [{ check_name: "check_row_counts", verdict: "passed", passed: 2, failed: 0, inconclusive: 0, skipped: 0, seconds: 1.5 }],
    findings: [{ check_name: "check_row_counts", subject: "public.pets", verdict: "passed", expected: "1200 rows", actual: "1200 rows", evidence: { rows: 1200 } },
      { check_name: "check_row_counts", subject: "public.visits", verdict: "passed", expected: "34 rows", actual: "34 rows", evidence: { rows: 34 } }],
    left_out: [], ...change,
  };
}
