import { callLedger } from "../database/call_ledger.ts";
import type { Queryable } from "../database/queryable.ts";

/**
 * Starts a drill for the Edge Functions and returns its id.
 *
 * @throws {HoldfastError} HF001 unknown run, HF500 no restore point, HF507 another drill is active.
 */
export async function startDrill(database: Queryable, trigger: "schedule" | "http" | "sql", from: string | null): Promise<string> {
  const [row] = await callLedger<{ drill_id: string }>(database, "select backup.start_drill($1, $2) as drill_id", [trigger, from]);
  if (row === undefined) throw new Error("Cannot start a drill as the call returned no row");
  return row.drill_id;
}
