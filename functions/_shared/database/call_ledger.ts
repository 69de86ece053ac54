import { fromPostgres } from "../errors/from_postgres.ts";
import type { Queryable } from "./queryable.ts";

/**
 * Rows of a statement, typed as the caller says: the statement names their columns.
 *
 * @throws {HoldfastError} what SQL raises with a code of the catalogue, with detail and hint; any other error as it is.
 */
export async function callLedger<Row = unknown>(database: Queryable, sql: string, values: unknown[] = []): Promise<Row[]> {
  try {
    return (await database.query(sql, values)).rows as Row[];
  } catch (error) {
    throw fromPostgres(error);
  }
}
