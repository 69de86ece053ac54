import { formatCount, formatDuration, formatTable, formatTime } from "../report/format_quantity.ts";
import type { Verdict } from "../verify/verdict.ts";
import type { Proof, ProofFinding } from "./proof.ts";

const MAX_FINDINGS = 100;

const HEADLINE: Record<Verdict, string> = {
  passed: "Restore proof: passed", failed: "Restore proof: FAILED", inconclusive: "Restore proof: inconclusive", skipped: "Restore proof: skipped",
};

const CHECKS: Record<string, string> = {
  check_object_checksums: "Objects have the bytes the manifest names", check_row_counts: "Row counts", check_fingerprints: "Contents of rows",
  check_schema: "Schema: nothing is left to do", check_materialized_views: "Materialized views hold what their queries return",
  check_foreign_keys: "Foreign keys", check_constraints: "Constraints", check_indexes: "Indexes", check_sequences: "Sequences are beyond the data",
  check_critical_data: "Critical data", run_sample_queries: "Sample queries", run_tests: "pgTAP tests", check_access: "Nothing is more open than in the source",
  check_access_probes: "Access probes see the same rows",
};

/**
 * A proof as Markdown: the verdict first, then what needs a person, then the facts. Pure: the same proof gives the same text.
 * Holds names, numbers and hashes, never rows or secrets.
 */
export function formatProofReport(proof: Proof): string {
  return [
    `# ${HEADLINE[proof.verdict]}`,
    summary(proof),
    findingsSection("Failed", proof.findings, "failed"),
    findingsSection("Inconclusive: could not be checked", proof.findings, "inconclusive"),
    checksSection(proof),
    findingsSection("Skipped", proof.findings, "skipped"),
    leftOutSection(proof),
  ].filter((section) => section !== "").join("\n\n").concat("\n");
}

function summary(proof: Proof): string {
  const tables = proof.findings.filter((one) => one.check_name === "check_row_counts");
  const rows = tables.reduce((sum, one) => sum + Number(one.evidence["rows"] ?? 0), 0);
  const about = formatTable(["", ""], [
    ["Restore point", `${proof.project} ${proof.run_id}`],
    ["Data as of", formatTime(proof.snapshot_at)],
    ["Manifest", `sha256 ${proof.manifest_sha256}`],
    ["Target", `${proof.target.database}, PostgreSQL ${proof.target.version}, as ${proof.target.role}`],
    ["Compared", `${formatCount(tables.length)} tables, ${formatCount(rows)} rows`],
    ["Time", `${formatTime(proof.finished_at)}, took ${formatDuration(proof.seconds)}`],
  ]);
  const part = proof.scope === "full" ? "" : "**Only a part of the backup was restored. This says nothing about the rest of it.**\n\n";
  return `${part}${about}`;
}

function checksSection({ checks }: Proof): string {
  const rows = checks.map((one) => [CHECKS[one.check_name] ?? one.check_name, one.verdict,
    ...[one.passed, one.failed, one.inconclusive, one.skipped].map(formatCount), formatDuration(one.seconds)]);
  return rows.length === 0 ? "" : `## Checks\n\n${formatTable(["Check", "Verdict", "Passed", "Failed", "Inconclusive", "Skipped", "Time"], rows)}`;
}

function findingsSection(title: string, findings: readonly ProofFinding[], verdict: Verdict): string {
  const chosen = findings.filter((found) => found.verdict === verdict);
  if (chosen.length === 0) return "";
  const rows = chosen.slice(0, MAX_FINDINGS).map((found) => [CHECKS[found.check_name] ?? found.check_name, found.subject, found.expected ?? "", found.actual ?? ""]);
  const more = chosen.length > MAX_FINDINGS ? `\n\n${formatCount(chosen.length - MAX_FINDINGS)} more are in the proof itself.` : "";
  return `## ${title}\n\n${formatTable(["Check", "Subject", "Expected", verdict === "failed" ? "Found" : "Reason"], rows)}${more}`;
}

function leftOutSection({ left_out: leftOut }: Proof): string {
  const lines = leftOut.map(({ reason, subject, message }) => [reason, subject, message]);
  return `## What of the backup is not in the target\n\n${lines.length === 0 ? "Nothing was left out." : formatTable(["Reason", "Object", "Why"], lines)}`;
}
