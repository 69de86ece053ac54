import type { Client } from "pg";
import { closeClient } from "../database/close_client.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";

export interface HeldSnapshot {
  /** Never resolves; rejects with HF005 when the session fails. Once the snapshot is held, the ledger tells it as well. */
  failed: Promise<never>;
  /** Ends the keeper's session. Safe when it has ended by itself. */
  release(): Promise<void>;
}

/** A keeper outlives the process that made it by at most this long. */
const NOTICE_LOSS_SECONDS = 2;

/**
 * Makes a session of its own the keeper of a run. The command runs in the background: it returns when the run has ended,
 * and its failure shows as a missing keeper to everybody who asks the ledger, and at once to who waits for `failed`.
 */
export async function holdSnapshot(connect: (applicationName: string) => Promise<Client>, runId: string): Promise<HeldSnapshot> {
  const client = await connect("holdfast keeper");
  // The keeper sends nothing for hours, so the server would not notice that this process is dead, and the snapshot would hold
  // back vacuum and block the next run until its maximum age. Servers on Windows cannot do it and refuse the setting.
  await client.query(`set client_connection_check_interval = '${NOTICE_LOSS_SECONDS}s'`).catch(() => undefined);
  const { rows: [row] } = await client.query<{ command: string }>("select backup.keeper_command($1) as command", [runId]);
  const command = client.query(row?.command ?? "");
  const keeping = command.catch(() => undefined);
  const failed = new Promise<never>((_, reject) => {
    command.catch((cause: unknown) => reject(keeperFailed(cause)));
  });
  // Whoever does not wait for the failure learns of it from the ledger.
  failed.catch(() => undefined);
  return {
    failed,
    release: async () => {
      // The keeper polls the run and ends soon after it; when the run is still alive, cutting the session ends it.
      await Promise.race([keeping, new Promise((resolve) => setTimeout(resolve, 3000).unref())]);
      await closeClient(client);
    },
  };
}

/** The keeper reads no rows of the user, so the server's words about it cannot quote any. */
function keeperFailed(cause: unknown): HoldfastError {
  return new HoldfastError("HF005", "Cannot hold the snapshot as the keeper's session failed", {
    detail: cause instanceof Error ? `${cause.message}${sqlStateOf(cause) === undefined ? "" : ` (SQLSTATE ${sqlStateOf(cause)})`}` : undefined,
    hint: "See the PostgreSQL log. The role may need execute on the functions of schema backup.",
    cause,
  });
}
