import { join } from "node:path";
import type { Stack } from "../../stack/start_stack.ts";
import type { DemoRun } from "./run_export.ts";
import type { DemoVerification } from "./run_verification.ts";

export interface DemoResult {
  run_id: string;
  verification_id: string;
  verdict: string;
  rows: number;
  raw_bytes: number;
  stored_bytes: number;
  export_seconds: number;
  bucket: string;
  manifest_key: string;
  /** Where the bucket's objects lie on this machine, under names of the storage. */
  storage_dir: string;
  invocations: { count: number; max_cpu_ms: number; max_peak_mb: number; killed: number };
}

/** What the demo did, for programs and for the closing words. */
export function describeResult(stack: Stack, run: DemoRun, verification: DemoVerification): DemoResult {
  const invocations = stack.invocations();
  const bucket = stack.s3?.bucket ?? "";
  return {
    run_id: run.runId, verification_id: verification.verificationId, verdict: verification.verdict,
    rows: run.rows, raw_bytes: run.rawBytes, stored_bytes: run.storedBytes, export_seconds: run.seconds,
    bucket, manifest_key: run.manifestKey, storage_dir: join(stack.dir, "s3"),
    invocations: {
      count: invocations.length,
      max_cpu_ms: Math.round(Math.max(0, ...invocations.map((one) => one.cpuMs))),
      max_peak_mb: Math.round(Math.max(0, ...invocations.map((one) => one.peakMb))),
      killed: invocations.filter((one) => one.outcome !== "ok").length,
    },
  };
}

/** The closing words: what happened and where to look next. */
export function explainWhereToLook(result: DemoResult, own: boolean): string {
  const { invocations } = result;
  return [
    "",
    `Functions: ${invocations.count} invocations, at most ${invocations.max_cpu_ms} ms CPU and ${invocations.max_peak_mb} MB each, ${invocations.killed} killed.`,
    `Backup:    s3://${result.bucket}/${result.manifest_key}`,
    `           stored below ${result.storage_dir}`,
    "",
    ...(own ? ["In your database:"] : ["npm run stack brings this project up again. In its database:"]),
    "  select * from backup.status;",
    "  select * from backup.restore_points;",
    "  select * from backup.verification_results where verdict <> 'passed';",
    `  select schema_name, table_name, rows, fingerprint from backup.run_tables where run_id = '${result.run_id}';`,
    ...(own ? ["Remove Holdfast from it with: drop schema backup, backup_tests cascade;"] : []),
  ].join("\n");
}
