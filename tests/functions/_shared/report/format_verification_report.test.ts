import { describe, expect, it } from "vitest";
import { formatVerificationReport } from "../../../../functions/_shared/report/format_verification_report.ts";
import type { VerificationData, VerificationFinding } from "../../../../functions/_shared/report/read_verification.ts";

const finding = (given: Partial<VerificationFinding>): VerificationFinding => ({
  check_name: "check_row_counts", subject: "public.pets", verdict: "passed", expected: null, actual: null, evidence: {}, duration_ms: 12, ...given });

const data: VerificationData = {
  verification_id: "6f1c2f5e-7d53-4c8e-9b43-1d2f3a4b5c6d", trigger: "schedule", verdict: "failed", started_at: "2026-11-22T02:00:00+00:00",
  finished_at: "2026-11-22T02:00:05+00:00", report: null, page_key: null, checks: [{ check_name: "check_row_counts", state: "done" }],
  findings: [
    finding({ evidence: { rows: 990 } }),
    finding({ subject: "public.visits" }),
    finding({ subject: '"Odd|Schema"."T a"', verdict: "failed", expected: "the table exists with about 5 rows", actual: "the table is missing" }),
    finding({ check_name: "check_drill_age", subject: "newest drill", verdict: "skipped", actual: "no drill has been run" }),
    finding({ check_name: "run_tests", subject: "run_tests", verdict: "inconclusive", actual: "error 42501" }),
  ],
  restore_point: {
    run_id: "20261122T010000Z-a1b2c3", tier: "weekly", snapshot_at: "2026-11-22T01:00:02+00:00", age_seconds: 3600, verified: false, rows: 1234567,
    raw_bytes: 2 ** 30, stored_bytes: 2 ** 28, object_prefix: "holdfast/p/runs/20261122T010000Z-a1b2c3/",
    warnings: [{ code: "foreign_table", subject: "public.remote", message: "rows live elsewhere" }],
    tables: [{ schema_name: "public", table_name: "pets", status: "exported", rows: 1000, reason: null },
      { schema_name: "Odd|Schema", table_name: "T a", status: "exported", rows: 5, reason: null },
      { schema_name: "public", table_name: "remote", status: "excluded", rows: null, reason: "foreign table" }],
  },
  newest_drill: { drill_id: "6f1c2f5e-7d53-4c8e-9b43-1d2f3a4b5c6e", run_id: "20261101T010000Z-a1b2c3", verdict: "failed", target: "scratch",
    finished_at: "2026-11-20T02:00:05+00:00", age_seconds: 172_800, duration_seconds: 90, failure_message: 'Object "k" is damaged' },
  objectives: [{ name: "rpo", target_seconds: 3600, measured_seconds: null, met: null, basis: "no drill has passed" },
    { name: "rto", target_seconds: 14_400, measured_seconds: 20_000, met: false, basis: "95th percentile of 3 drills" }],
};
const headings = (report: string) => report.split("\n").filter((line) => line.startsWith("#"));

describe("formatVerificationReport()", () => {
  it("formatVerificationReport() puts the verdict first and what needs a person before the facts", () => {
    expect(headings(formatVerificationReport(data))).toEqual(["# Backup verification: FAILED", "## Restore point", "## Restore drill", "## Recovery objectives", "## Failed",
      "## Inconclusive: could not be checked", "## Skipped", "## Passed", "## Row counts", "## What this backup does not cover", "## Look further"]);
  });

  it("formatVerificationReport() gives a schema that is left out whole one line, below the tables that are not", () => {
    const excluded = (schema_name: string, table_name: string) => ({ schema_name, table_name, status: "excluded", rows: null, reason: "schema is not part of backups" });
    const point = data.restore_point;
    const report = formatVerificationReport({ ...data, restore_point: point === null ? null : { ...point, tables: [excluded("backup", "runs"), excluded("backup", "chunks"), excluded("cron", "job"), ...point.tables] } });
    const lines = report.slice(report.indexOf("## Row counts")).split("\n").filter((line) => line.startsWith("| ")).slice(2);
    expect(lines).toEqual([
      "| cron.job | not copied: schema is not part of backups |  |  |",
      "| public.pets | 1,000 | 990 | passed |", "| Odd\\|Schema.T a | 5 |  | failed |", "| public.remote | not copied: foreign table |  |  |",
      "| backup: 2 tables | not copied: schema is not part of backups |  |  |",
    ]);
  });

  it("formatVerificationReport() shows each fact once and in its place", () => {
    const report = formatVerificationReport(data);
    for (const line of [
      "1 failed, 1 inconclusive, 1 skipped, 2 passed.",
      "Started 2026-11-22 02:00:00 UTC by schedule, took 5 s.",
      "| Proven by a drill | no: it has not been restored yet |",
      '| Newest drill | FAILED: Object "k" is damaged |',
      "| Restored | 20261101T010000Z-a1b2c3 (scratch) |",
      "| Age | 2 d |",
      "| Took | 1 min 30 s |",
      "| RPO, data that may be lost | 1 h | not measured | unknown | no drill has passed |",
      "| RTO, time to restore | 4 h | 5 h 33 min | no | 95th percentile of 3 drills |",
      '| check_row_counts | "Odd\\|Schema"."T a" | the table exists with about 5 rows | the table is missing |',
      "| check_drill_age | newest drill |  | no drill has been run |",
      "| check_row_counts | 2 | 12 ms |",
      "| public.pets | 1,000 | 990 | passed |",
      "| Odd\\|Schema.T a | 5 |  | failed |",
      "| public.remote | not copied: foreign table |  |  |",
      "- foreign_table public.remote: rows live elsewhere",
      "In the bucket: `holdfast/p/runs/20261122T010000Z-a1b2c3/`, beginning with `manifest.json`.",
    ]) expect(report.split("\n")).toContain(line);
  });

  it("formatVerificationReport() says that nothing is proven before the first drill", () => {
    expect(formatVerificationReport({ ...data, newest_drill: null })).toContain("## Restore drill\n\nNo drill has been run: no backup has been proven by restoring it.");
  });

  it("formatVerificationReport() says that nothing is known when everything was skipped", () => {
    const report = formatVerificationReport({ ...data, verdict: "inconclusive", restore_point: null, findings: [finding({ verdict: "skipped" })] });
    expect(report).toContain("Every check was skipped, so nothing is known.");
    expect(report).toContain("There is no restore point");
    expect(headings(report)[0]).toBe("# Backup verification: inconclusive");
  });

  it("formatVerificationReport() does not let a sound database pass for a sound backup", () => {
    const objects = { check_name: "check_backup_objects", subject: "bucket" };
    const archived = finding({ ...objects, verdict: "skipped", actual: "12 objects of 1 restore points are archived" });
    const report = formatVerificationReport({ ...data, verdict: "passed", findings: [finding({ ...objects, verdict: "passed" }), archived] });
    expect(report).not.toContain("Only the database was examined");
    expect(report).toMatch(/## Skipped[^]*12 objects of 1 restore points are archived/);
    const skipped = finding({ check_name: "check_backup_objects", subject: "bucket", verdict: "skipped", actual: "S3 is not configured" });
    expect(formatVerificationReport({ ...data, verdict: "passed", findings: [finding({}), skipped] })).toMatch(
      /^# Backup verification: passed\n\n\*\*Only the database was examined, no backup: S3 is not configured\.\*\*\n/);
  });

  it("formatVerificationReport() tells what is still open", () => {
    const report = formatVerificationReport({ ...data, verdict: null, finished_at: null, checks: [{ check_name: "run_tests", state: "background" }] });
    expect(report).toMatch(/^# Backup verification: still running\n/);
    expect(report).toContain("Still open: run_tests.");
  });

  it("formatVerificationReport() stays readable with thousands of findings and tables", () => {
    const report = formatVerificationReport({ ...data, findings: Array.from({ length: 5000 }, (_, n) => finding({ verdict: "failed", subject: `t${n}` })),
      restore_point: { ...data.restore_point!, tables: Array.from({ length: 5000 }, (_, n) => ({ schema_name: "s", table_name: `t${n}`, status: "exported", rows: n, reason: null })) } });
    expect(report.split("\n").length).toBeLessThan(400);
    expect(report).toContain("4900 more are in backup.verification_results.");
    expect(report).toContain("4800 more tables are in backup.run_tables.");
  });
});
