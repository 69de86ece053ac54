import type { Queryable } from "../database/queryable.ts";
import { fromPostgres } from "../errors/from_postgres.ts";

/**
 * Starts a run for the Edge Functions and returns its id.
 *
 * @throws {HoldfastError} HF002 if another run is active.
 */
export async function startRun(
  database: Queryable, trigger: "schedule" | "http" | "cli" | "sql", tier: string | null, objectRoot: string,
): Promise<string> {
  try {
    const { rows: [row] } = await database.query("select backup.start_run($1, 'functions', $2, $3) as run_id", [trigger, tier, objectRoot]);
    return (row as { run_id: string }).run_id;
  } catch (error) {
    throw fromPostgres(error);
  }
}
