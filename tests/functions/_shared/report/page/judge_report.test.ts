import { describe, expect, it } from "vitest";
import { judgeReport } from "../../../../../functions/_shared/report/page/judge_report.ts";
import type { ReportData } from "../../../../../functions/_shared/report/page/read_report.ts";
import { reportData, reportRun } from "../../../../support/report_data.ts";

const { verification, newest } = reportData();
if (verification === null || newest === null) throw new Error("The sample is a healthy one");
const failed = reportRun({ state: "failed", failure_code: "HF300", failure_message: "Snapshot lost" });
const alert = (severity: string) => ({ cause: "c", severity, message: "Drill overdue", occurrences: 1, raised_at: "2026-11-22T01:00:00Z", last_seen: "2026-11-22T01:00:00Z" });

const CASES: [string, Partial<ReportData>, string, string][] = [
  ["proven, checked and quiet", {}, "good", "Healthy"],
  ["no run at all", { newest: null, runs: [], health: "never_ran" }, "none", "No backup yet"],
  ["only failures", { newest: null, runs: [failed], health: "failing" }, "bad", "Snapshot lost"],
  ["a failure after a success", { runs: [reportRun(), failed] }, "bad", "Failing"],
  ["a failure, and the next one under way", { runs: [failed, reportRun({ state: "exporting" })] }, "bad", "Failing"],
  ["a success after a failure", { runs: [failed, reportRun()] }, "good", "Healthy"],
  ["a failed verification", { verification: { ...verification, verdict: "failed" } }, "bad", "Failing"],
  ["a critical alert", { alerts: [alert("warning"), alert("critical")] }, "bad", "Drill overdue"],
  ["an old restore point", { health: "stale" }, "bad", "Stale"],
  ["a warning", { alerts: [alert("warning")] }, "warn", "Needs attention"],
  ["an objective over its target", { objectives: reportData().objectives.map((one) => ({ ...one, met: one.name !== "rpo" })) }, "warn", "the RPO is over its target"],
  ["no verification", { verification: null }, "warn", "Not verified"],
  ["an inconclusive verification", { verification: { ...verification, verdict: "inconclusive" } }, "warn", "Not fully checked"],
  ["nothing but skipped checks", { verification: { ...verification, verdict: "skipped" } }, "warn", "Not fully checked"],
  ["no drill of the newest", { newest: { ...newest, verified: false } }, "warn", "Not proven yet"],
];

describe("judgeReport()", () => {
  it.each(CASES)("judgeReport() judges %s", (_name, given, level, words) => {
    const { level: judged, title, reason } = judgeReport(reportData(given));
    expect({ judged, text: `${title} ${reason}` }).toEqual({ judged: level, text: expect.stringContaining(words) });
  });
});
