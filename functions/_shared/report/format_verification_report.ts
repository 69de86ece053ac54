import type { Verdict } from "../verify/verdict.ts";
import { formatBytes, formatCount, formatDuration, formatTable, formatTime } from "./format_quantity.ts";
import type { Objective, VerificationData, VerificationFinding } from "./read_verification.ts";

/** Rows of the table of row counts; a project with thousands of tables still gets a report one can read. */
const MAX_TABLES = 200;
const MAX_FINDINGS = 100;

const HEADLINE: Record<Verdict, string> = {
  passed: "Backup verification: passed",
  failed: "Backup verification: FAILED",
  inconclusive: "Backup verification: inconclusive",
  skipped: "Backup verification: skipped",
};

const OBJECTIVE_NAMES: Record<Objective["name"], string> = { rto: "RTO, time to restore", rpo: "RPO, data that may be lost" };

/**
 * The report of a verification as Markdown: the verdict first, then what needs a person, then the facts.
 * Pure: the same data gives the same text. Holds names and counts, never rows or secrets.
 */
export function formatVerificationReport(data: VerificationData): string {
  return [
    `# ${data.verdict === null ? "Backup verification: still running" : HEADLINE[data.verdict]}`,
    summary(data),
    restorePointSection(data),
    drillSection(data),
    objectivesSection(data.objectives),
    findingsSection("Failed", data.findings, "failed"),
    findingsSection("Inconclusive: could not be checked", data.findings, "inconclusive"),
    findingsSection("Skipped", data.findings, "skipped"),
    passedSection(data.findings),
    rowCountsSection(data),
    notCoveredSection(data),
    lookFurtherSection(data),
  ]
    .filter((section) => section !== "")
    .join("\n\n")
    .concat("\n");
}

function summary(data: VerificationData): string {
  const counts = (["failed", "inconclusive", "skipped", "passed"] as const)
    .map((verdict) => `${data.findings.filter((found) => found.verdict === verdict).length} ${verdict}`)
    .join(", ");
  const open = data.checks.filter(({ state }) => state !== "done").map(({ check_name }) => check_name);
  const seconds = data.finished_at === null ? null : (Date.parse(data.finished_at) - Date.parse(data.started_at)) / 1000;
  const nothing = data.verdict === "inconclusive" && !data.findings.some((found) => found.verdict === "passed" || found.verdict === "inconclusive");
  // A sound database must not read as a sound backup when there was no backup to look at.
  const objects = data.findings.filter((found) => found.check_name === "check_backup_objects");
  const unseen = objects.every(({ verdict }) => verdict === "skipped") ? objects[0] : undefined;
  return [
    unseen === undefined ? "" : `**Only the database was examined, no backup: ${unseen.actual ?? "skipped"}.**`,
    `${counts}.${nothing ? " Every check was skipped, so nothing is known." : ""}`,
    `Started ${formatTime(data.started_at)} by ${data.trigger}${seconds === null ? "" : `, took ${formatDuration(Math.max(0, seconds))}`}.`,
    open.length === 0 ? "" : `Still open: ${open.join(", ")}.`,
  ]
    .filter(Boolean)
    .join("\n");
}

function restorePointSection({ restore_point: point }: VerificationData): string {
  if (point === null) return "## Restore point\n\nThere is no restore point: no export has completed yet.";
  const rows: string[][] = [
    ["Run", `${point.run_id} (${point.tier})`],
    ["Data as of", point.snapshot_at === null ? "unknown" : formatTime(point.snapshot_at)],
    ["Age", point.age_seconds === null ? "unknown" : formatDuration(Math.max(0, point.age_seconds))],
    ["Rows", formatCount(point.rows ?? 0)],
    ["Size", `${formatBytes(point.raw_bytes ?? 0)} of data, ${formatBytes(point.stored_bytes ?? 0)} stored`],
    ["Proven by a drill", point.verified ? "yes" : "no: it has not been restored yet"],
  ];
  return `## Restore point\n\n${formatTable(["", ""], rows)}`;
}

function drillSection({ newest_drill: drill }: VerificationData): string {
  if (drill === null) return "## Restore drill\n\nNo drill has been run: no backup has been proven by restoring it.";
  const rows: string[][] = [
    ["Newest drill", `${drill.verdict === "failed" ? "FAILED" : drill.verdict}${drill.failure_message === null ? "" : `: ${drill.failure_message}`}`],
    ["Restored", `${drill.run_id} (${drill.target})`],
    ["Age", formatDuration(Math.max(0, drill.age_seconds))],
    ["Took", formatDuration(Math.max(0, drill.duration_seconds))],
  ];
  return `## Restore drill\n\n${formatTable(["", ""], rows)}`;
}

function objectivesSection(objectives: readonly Objective[]): string {
  const rows = objectives.map((objective) => [
    OBJECTIVE_NAMES[objective.name],
    formatDuration(objective.target_seconds),
    objective.measured_seconds === null ? "not measured" : formatDuration(Math.max(0, objective.measured_seconds)),
    objective.met === null ? "unknown" : objective.met ? "yes" : "no",
    objective.basis,
  ]);
  return rows.length === 0 ? "" : `## Recovery objectives\n\n${formatTable(["Objective", "Target", "Measured", "Met", "Basis"], rows)}`;
}

function findingsSection(title: string, findings: readonly VerificationFinding[], verdict: Verdict): string {
  const chosen = findings.filter((found) => found.verdict === verdict);
  if (chosen.length === 0) return "";
  const rows = chosen.slice(0, MAX_FINDINGS).map((found) => [found.check_name, found.subject, found.expected ?? "", found.actual ?? ""]);
  const header = ["Check", "Subject", "Expected", verdict === "failed" ? "Found" : "Reason"];
  const more = chosen.length > MAX_FINDINGS ? `\n\n${chosen.length - MAX_FINDINGS} more are in backup.verification_results.` : "";
  return `## ${title}\n\n${formatTable(header, rows)}${more}`;
}

function passedSection(findings: readonly VerificationFinding[]): string {
  const passed = new Map<string, { count: number; durationMs: number | null }>();
  for (const { check_name, verdict, duration_ms } of findings) {
    if (verdict !== "passed") continue;
    passed.set(check_name, { count: (passed.get(check_name)?.count ?? 0) + 1, durationMs: duration_ms });
  }
  const rows = [...passed].map(([name, { count, durationMs }]) => [
    name,
    formatCount(count),
    durationMs === null ? "" : formatDuration(durationMs / 1000),
  ]);
  return rows.length === 0 ? "" : `## Passed\n\n${formatTable(["Check", "Passed", "Time of the check"], rows)}`;
}

function rowCountsSection({ restore_point: point, findings }: VerificationData): string {
  if (point === null || point.tables.length === 0) return "";
  const live = new Map(
    findings.filter((found) => found.check_name === "check_row_counts").map((found) => [found.subject, found]),
  );
  // A schema that is left out whole, as that of Holdfast is, is one fact and not dozens of lines above the tables that matter.
  const schemas = new Map<string, { tables: number; reasons: Set<string | null> }>();
  for (const table of point.tables) {
    const schema = schemas.get(table.schema_name) ?? { tables: 0, reasons: new Set() };
    schemas.set(table.schema_name, { tables: schema.tables + 1, reasons: schema.reasons.add(reasonOf(table)) });
  }
  const whole = [...schemas].filter(([, { tables, reasons }]) => tables > 1 && reasons.size === 1 && !reasons.has(null));
  const leftOut = new Set(whole.map(([schema]) => schema));
  const copied = point.tables.filter((table) => !leftOut.has(table.schema_name));
  const rows = copied.slice(0, MAX_TABLES).map((table) => {
    const found = live.get(`${quoteIdentifier(table.schema_name)}.${quoteIdentifier(table.table_name)}`);
    const counted = found?.evidence["rows"];
    return [
      `${table.schema_name}.${table.table_name}`,
      reasonOf(table) ?? formatCount(table.rows ?? 0),
      typeof counted === "number" ? formatCount(counted) : "",
      found?.verdict ?? "",
    ];
  });
  const more = copied.length > MAX_TABLES ? `\n\n${copied.length - MAX_TABLES} more tables are in backup.run_tables.` : "";
  return `## Row counts\n\n${formatTable(["Table", "In the backup", "In the database", "Check"], [...rows, ...whole.map(([schema, { tables, reasons }]) => [`${schema}: ${tables} tables`, [...reasons].join(), "", ""])])}${more}`;
}

/** Why the rows of a table are not in the backup; null: they are. */
function reasonOf(table: { rows: number | null; reason: string | null; status: string }): string | null {
  return table.rows !== null ? null : `not copied: ${table.reason ?? table.status}`;
}

function notCoveredSection({ restore_point: point }: VerificationData): string {
  if (point === null) return "";
  const lines = point.warnings.map(({ code, subject, message }) => `- ${code}${subject ? ` ${subject}` : ""}: ${message}`);
  return `## What this backup does not cover\n\n${lines.length === 0 ? "Nothing was reported as left out." : lines.join("\n")}`;
}

function lookFurtherSection({ verification_id: id, restore_point: point }: VerificationData): string {
  const sql = [
    "select * from backup.status;",
    `select * from backup.verification_results where verification_id = '${id}' and verdict <> 'passed';`,
    ...(point === null ? [] : [`select * from backup.run_tables where run_id = '${point.run_id}';`]),
  ];
  const bucket = point === null ? "" : `\n\nIn the bucket: \`${point.object_prefix}\`, beginning with \`manifest.json\`.`;
  return `## Look further\n\n\`\`\`sql\n${sql.join("\n")}\n\`\`\`${bucket}`;
}

/** As format('%I') writes names that need no quotes or do; reserved words aside, which only costs a live count. */
function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
