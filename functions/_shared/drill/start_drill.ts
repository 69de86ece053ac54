import type { Queryable } from "../database/queryable.ts";
import { fromPostgres } from "../errors/from_postgres.ts";

/**
 * Starts a drill for the Edge Functions and returns its id.
 *
 * @throws {HoldfastError} HF001 unknown run, HF500 no restore point, HF507 another drill is active.
 */
export async function startDrill(database: Queryable, trigger: "schedule" | "http" | "sql", from: string | null): Promise<string> {
  try {
    const { rows: [row] } = await database.query("select backup.start_drill($1, $2) as drill_id", [trigger, from]);
    return (row as { drill_id: string }).drill_id;
  } catch (error) {
    throw fromPostgres(error);
  }
}
