import type { Config } from "../config/parse_config.ts";
import { withClient } from "../database/connect.ts";
import type { Queryable } from "../database/queryable.ts";

/** Runs a task with a database session of its own. */
export type WithDatabase = <T>(task: (database: Queryable) => Promise<T>) => Promise<T>;

/** Long enough for a ledger statement behind a lock, short enough to fail inside the life of a function. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** Sessions to the project's database under the name of a function. */
export function databaseOf(config: Config, functionName: string): WithDatabase {
  const options = { applicationName: `holdfast ${functionName}`, ca: config.databaseCa, statementTimeoutMs: STATEMENT_TIMEOUT_MS };
  return (task) => withClient(config.databaseUrl, options, task);
}
