import type { Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import type { BackupConfig } from "../export/config.ts";
import { createHoldfast, isInstalled } from "./install_holdfast.ts";
import { loadConfig } from "./load_config.ts";

/** Tables of the configuration that say what is expected of the data. */
const EXPECTATIONS = ["critical_tables", "sample_queries", "access_probes"];

/**
 * Runs the checks of schema backup in a transaction that is rolled back: with what the source expected of its data when the
 * backup was made, whatever is configured in the target, and also in a target without Holdfast, which has it just for that.
 */
export async function withHoldfast<T>(client: Client, config: BackupConfig | undefined, look: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    if (!(await isInstalled(client))) await createQuietly(client);
    if (config !== undefined) await loadConfig(client, config, EXPECTATIONS);
    return await look();
  } finally {
    await client.query("rollback").catch(() => undefined);
  }
}

/**
 * Creates Holdfast without calling event triggers of the target: they may call outward, which no rollback undoes. Those that a
 * restore has brought are disabled until it is over, and where the role may not do this, it refuses targets with others.
 */
async function createQuietly(client: Client): Promise<void> {
  await client.query("savepoint quiet");
  const isQuiet = await client.query("set local session_replication_role = replica").then(() => true, async (error: unknown) => {
    if (sqlStateOf(error) === undefined) throw error;
    await client.query("rollback to savepoint quiet");
    return false;
  });
  await createHoldfast(client);
  // What the checks look at behaves as it does for everybody.
  if (isQuiet) await client.query("set local session_replication_role = origin");
}

/** Undoes what `look` did to the transaction, also when it fails, which the transaction survives. */
export async function inSavepoint<T>(client: Client, look: () => Promise<T>): Promise<T> {
  await client.query("savepoint look");
  try {
    return await look();
  } finally {
    await client.query("rollback to savepoint look");
  }
}
