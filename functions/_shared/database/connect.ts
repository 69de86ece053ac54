import pg from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { clientConfig } from "./client_config.ts";
import { closeClient } from "./close_client.ts";
import { SESSION_SETTINGS } from "./session_settings.ts";

export interface ConnectOptions {
  /** Shown in pg_stat_activity; starts with "holdfast". */
  applicationName: string;
  /** Default 0: no limit, whatever the role's own setting is. */
  statementTimeoutMs?: number;
  ca?: string | undefined;
}

/**
 * Opens a session with pinned settings. bigint and numeric values come back as strings, since they do not fit a
 * JavaScript number: parse them where they are used.
 *
 * @throws HoldfastError HF102 when the URL is not valid
 * @throws HoldfastError HF104 when the database cannot be reached or refuses the login
 */
export async function connect(url: string, options: ConnectOptions): Promise<pg.Client> {
  const config = clientConfig(url, options);
  const client = new pg.Client(config);
  // A connection that drops while idle emits 'error'; without a listener that ends the process. The next query fails
  // with its own error, so nothing is hidden.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(`${SESSION_SETTINGS} set statement_timeout = ${Math.trunc(options.statementTimeoutMs ?? 0)}`);
    return client;
  } catch (cause) {
    await closeClient(client);
    throw new HoldfastError("HF104", "Cannot connect to the database", {
      // host, database and reason, never the user's password: pg keeps it out of its messages.
      detail: `${config.host}:${config.port}/${config.database}: ${reasonOf(cause)}`,
      hint: hintFor(cause),
      cause,
    });
  }
}

/** Runs `task` with a session of its own and closes it, also after an error. */
export async function withClient<T>(
  url: string,
  options: ConnectOptions,
  task: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(url, options);
  try {
    return await task(client);
  } finally {
    await closeClient(client);
  }
}

function reasonOf(cause: unknown): string {
  // A host with several addresses fails with an AggregateError, whose own message is empty.
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join("; ");
  if (!(cause instanceof Error)) return "unknown reason";
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}

function hintFor(cause: unknown): string {
  const reason = reasonOf(cause);
  const state = sqlStateOf(cause);
  if (state === "3D000") return "Check the name of the database at the end of the URL.";
  if (state === "53300") return "Every connection is taken: close some, or try again later.";
  if (state?.startsWith("28") === true) return "Check user and password of the database URL, and whether the server lets them in from here.";
  if (/does not support SSL/i.test(reason)) return "Add sslmode=disable to the URL if the network is trusted.";
  if (/certificate|self.signed/i.test(reason)) return "Put the PEM of the server's authority into HOLDFAST_DB_CA.";
  if (/password|authentication|SASL/i.test(reason)) return "Check user and password of the database URL.";
  return "Check host, port and network of the database URL.";
}
