import { describe, expect, it } from "vitest";
import { summarizeProof } from "../../../../functions/_shared/drill/summarize_proof.ts";
import type { Proof } from "../../../../functions/_shared/prove/proof.ts";

const finding = (subject: string, verdict: Proof["verdict"]) => ({ check_name: "check_row_counts", subject, verdict, expected: "3 rows", actual: "2 rows", evidence: {} });
const proof: Proof = {
  format: "holdfast-proof", format_version: 1, tool: { name: "holdfast", version: "1" }, project: "p", run_id: "20260101T000000Z-aaaaaa", manifest_sha256: "0".repeat(64),
  snapshot_at: "2026-01-01T00:00:00Z", scope: "full", verdict: "failed", target: { database: "d", version: "17", version_num: 170000, role: "postgres" },
  started_at: "2026-01-01T00:00:00Z", finished_at: "2026-01-01T00:00:01Z", seconds: 1, work_seconds: 1,
  checks: [{ check_name: "check_row_counts", verdict: "failed", passed: 1, failed: 1, inconclusive: 1, skipped: 0, seconds: 1 }],
  findings: [finding("public.a", "failed"), finding("public.b", "passed"), finding("public.c", "inconclusive")],
  left_out: [{ reason: "role", subject: "x", message: "y" }],
};

describe("summarizeProof()", () => {
  it("summarizeProof() keeps the verdict of each check and names what failed", () => {
    expect(summarizeProof(proof)).toEqual({
      verdict: "failed", checks: { check_row_counts: "failed" }, failed: ["check_row_counts public.a: expected 3 rows, found 2 rows"],
      inconclusive: ["check_row_counts public.c: expected 3 rows, found 2 rows"], left_out: 1,
    });
  });
  it("summarizeProof() names twenty and counts the others", () => {
    const { failed } = summarizeProof({ ...proof, findings: Array.from({ length: 50 }, (_, n) => finding(`public.t${n}`, "failed")) });
    expect([failed.length, failed.at(-1)]).toEqual([21, "and 30 more"]);
  });
});
