import type { Queryable } from "../database/queryable.ts";
import { isErrorCode } from "../errors/catalogue.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { RunWarning } from "./ledger.ts";

/** A restore point, as whoever waited for it wants to tell about it. */
export interface CompletedRun {
  runId: string;
  manifestKey: string;
  rows: number;
  rawBytes: number;
  storedBytes: number;
  warnings: RunWarning[];
}

interface RunRow {
  state: string;
  manifest_key: string;
  rows: string;
  raw_bytes: string;
  stored_bytes: string;
  warnings: RunWarning[];
  failure_code: string | null;
  failure_message: string | null;
  failure_detail: string | null;
}

/**
 * Reads a run that has ended.
 *
 * @throws {HoldfastError} HF001 unknown, or the code the run failed with; HF307 when that was a code of the server.
 */
export async function readCompletedRun(database: Queryable, runId: string): Promise<CompletedRun> {
  const { rows } = await database.query(
    `select r.state, r.manifest_key, r.rows, r.raw_bytes, r.stored_bytes, r.warnings, r.failure_code, r.failure_message, r.failure_detail
     from backup.runs r where r.run_id = $1`, [runId]);
  const [run] = rows as RunRow[];
  if (run === undefined) throw new HoldfastError("HF001", `Run '${runId}' does not exist`);
  if (run.state !== "complete") {
    const code = isErrorCode(run.failure_code) ? run.failure_code : "HF307";
    throw new HoldfastError(code, run.failure_message ?? `Run ${runId} did not complete`, {
      detail: [run.failure_detail, run.failure_code === null || code === run.failure_code ? null : `SQLSTATE ${run.failure_code}`].filter(Boolean).join(" ") || undefined,
      hint: `See select * from backup.runs where run_id = '${runId}'; and docs/errors.md.` });
  }
  return { runId, manifestKey: run.manifest_key, rows: Number(run.rows), rawBytes: Number(run.raw_bytes),
    storedBytes: Number(run.stored_bytes), warnings: run.warnings };
}
