import { overallVerdict } from "../verify/overall_verdict.ts";
import { TOOL_VERSION } from "../tool_version.ts";
import { type Proof, PROOF_FORMAT, PROOF_VERSION, type ProofFinding } from "./proof.ts";
import { isPartial, type ProveContext, type StepResult } from "./proof_step.ts";
import { compareTables } from "./table_steps.ts";

/** Order of the checks in a proof: what is in the bucket, the rows, the schema, what the rows obey, what is expected, who sees it. */
const ORDER = ["check_object_checksums", "check_row_counts", "check_fingerprints", "check_schema", "check_materialized_views", "check_foreign_keys",
  "check_constraints", "check_indexes", "check_sequences", "check_critical_data", "run_sample_queries", "run_tests", "check_access", "check_access_probes"];

function rank(name: string): number {
  const at = ORDER.indexOf(name);
  return at < 0 ? ORDER.length : at;
}

/** Seconds that sessions have spent on each check. */
function secondsByCheck(results: readonly StepResult[]): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const result of results) {
    for (const [name, value] of Object.entries(result.seconds_by_check ?? { [result.check_name]: result.seconds })) {
      seconds.set(name, (seconds.get(name) ?? 0) + value);
    }
  }
  return seconds;
}

/** A check that was asked once for each group of tables says only once what it skipped. */
function withoutRepeats(findings: readonly ProofFinding[]): ProofFinding[] {
  const seen = new Set<string>();
  return findings.filter((one) => {
    const key = JSON.stringify([one.check_name, one.subject, one.verdict, one.actual]);
    return one.verdict !== "skipped" || (!seen.has(key) && seen.add(key) !== undefined);
  });
}

function without<T>(list: readonly T[]): T[] {
  const seen = new Set<string>();
  return list.filter((one) => !seen.has(JSON.stringify(one)) && seen.add(JSON.stringify(one)) !== undefined);
}

/** Puts the results of all steps together: the verdict, each check, and everything that was found. */
export function concludeProof(context: ProveContext, results: readonly StepResult[], time: { startedAt: Date; finishedAt: Date }): Proof {
  const { backup, target } = context;
  const { manifest } = backup;
  const found = results.flatMap((one) => one.findings);
  const compared = compareTables(context, results.flatMap((one) => one.measures), found);
  const findings = withoutRepeats([...found, ...compared]).sort((a, b) =>
    rank(a.check_name) - rank(b.check_name) || (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0));
  const seconds = secondsByCheck(results);
  const names = [...new Set(findings.map((one) => one.check_name))];
  const round = (value: number) => Math.round(value * 1000) / 1000;
  return {
    format: PROOF_FORMAT, format_version: PROOF_VERSION, tool: { name: "holdfast", version: TOOL_VERSION },
    project: manifest.project, run_id: manifest.run_id, manifest_sha256: backup.manifestSha256, snapshot_at: manifest.snapshot.at,
    scope: isPartial(context) ? "partial" : "full",
    verdict: overallVerdict(findings.map((one) => one.verdict)),
    target: { database: target.database, version: target.version, version_num: target.versionNum, role: target.role },
    started_at: time.startedAt.toISOString(), finished_at: time.finishedAt.toISOString(),
    seconds: round(Math.max(0, (time.finishedAt.getTime() - time.startedAt.getTime()) / 1000)),
    work_seconds: round(results.reduce((sum, one) => sum + one.seconds, 0)),
    checks: names.map((name) => {
      const own = findings.filter((one) => one.check_name === name);
      const count = (verdict: string) => own.filter((one) => one.verdict === verdict).length;
      const [failed, inconclusive, passed, skipped] = [count("failed"), count("inconclusive"), count("passed"), count("skipped")];
      return { check_name: name, passed, failed, inconclusive, skipped, seconds: round(seconds.get(name) ?? 0),
        verdict: failed > 0 ? "failed" as const : inconclusive > 0 ? "inconclusive" as const : passed > 0 ? "passed" as const : "skipped" as const };
    }),
    findings,
    left_out: without([...context.leftOut.map(({ reason, subject, message }) => ({ reason, subject, message })), ...results.flatMap((one) => one.left_out)]),
  };
}
