import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { connect } from "../functions/_shared/database/connect.ts";
import { freePort } from "../stack/free_port.ts";
import type { PostgresFlavor } from "../stack/postgres/find_server.ts";
import { startCluster } from "../stack/postgres/start_cluster.ts";

/** A database that a drill may fill, and what there is to clean up afterwards. */
export interface DrillTarget {
  connect(applicationName: string): Promise<Client>;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const FIRST_PORT = 55_900;

/** The PostgreSQL of npm that can take a backup of this version, which the same or a newer one can. */
export function flavorFor(serverVersionNum: number): PostgresFlavor {
  return serverVersionNum < 180_000 ? "embedded" : "embedded18";
}

/**
 * Starts a PostgreSQL that looks like a new Supabase project in a temporary directory. Stopping it removes everything; so do
 * Ctrl-C and a polite kill, because a restored database is nothing to be left lying around.
 */
export async function startEmbeddedTarget(flavor: PostgresFlavor): Promise<DrillTarget> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-drill-"));
  // The server runs as another user and has to get there.
  chmodSync(dir, 0o755);
  const cluster = await startCluster({ dir, flavor, host: HOST, port: await freePort(HOST, FIRST_PORT) }).catch((error: unknown) => {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= cluster.stop("immediate").finally(() => {
    rmSync(cluster.dataDir, { recursive: true, force: true });
    rmSync(dir, { recursive: true, force: true });
  }));
  const onSignal = (signal: NodeJS.Signals) => {
    void stop().finally(() => process.kill(process.pid, signal));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);
  return {
    connect: (applicationName) => connect(cluster.url("postgres", "postgres"), { applicationName }),
    stop: async () => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, onSignal);
      await stop();
    },
  };
}
