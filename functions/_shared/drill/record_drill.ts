import { callLedger } from "../database/call_ledger.ts";
import type { Queryable } from "../database/queryable.ts";

/** A drill that is over, as backup.record_drill() takes it. */
export interface DrillRecord {
  drill_id: string;
  run_id: string;
  target: "embedded" | "url";
  selection: "latest" | "random" | "named";
  manifest_sha256: string;
  verdict: "passed" | "failed" | "inconclusive" | "skipped";
  started_at: string;
  finished_at: string;
  phase_seconds: Record<string, number>;
  rows: number | null;
  raw_bytes: number | null;
  proof: unknown;
  proof_key: string | null;
  failure_code: string | null;
  failure_message: string | null;
}

/**
 * Records a drill of the command in the ledger. The same drill again changes nothing.
 *
 * @throws {HoldfastError} HF001 if this ledger does not know the run.
 */
export async function recordDrill(database: Queryable, drill: DrillRecord): Promise<void> {
  await callLedger(database, "select backup.record_drill($1)", [JSON.stringify(drill)]);
}
