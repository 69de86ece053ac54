import { createHash, randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";

import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessRegister } from "../processes/process_register.ts";
import { canReach, giveTo, unprivilegedUser } from "../processes/unprivileged_user.ts";
import { clusterTemplate } from "./cluster_template.ts";
import { findServer, flavorFromEnv, type PostgresFlavor, type PostgresServer } from "./find_server.ts";
import { runPostgres, type RunningPostgres, socketDirOf, type StopMode } from "./run_postgres.ts";
import { LOCAL_PASSWORD } from "./server_settings.ts";

export interface StartClusterOptions {
  /** Where the cluster's state is kept; the data directory moves to the temporary directory when the server cannot reach it. */
  dir: string;
  flavor?: PostgresFlavor;
  host: string;
  port: number;
  register?: ProcessRegister;
  /** Throws an existing data directory away first. */
  freshData?: boolean;
  settings?: Record<string, string>;
}

export interface Cluster {
  server: PostgresServer;
  dataDir: string;
  host: string;
  port: number;
  /** Directory of the unix socket, which trusts every role name. */
  socketDir: string;
  /** A connection URL over TCP with the local password. */
  url(role: string, database: string): string;
  restart(mode: StopMode): Promise<void>;
  stop(mode?: StopMode): Promise<void>;
}

/** Starts a PostgreSQL that looks like a new Supabase project, or one that carries on with the data of an earlier run. */
export async function startCluster(options: StartClusterOptions): Promise<Cluster> {
  const flavor = options.flavor ?? flavorFromEnv();
  const server = await findServer(flavor);
  const { host, port } = options;
  const dataDir = dataDirOf(options.dir, `data-${flavor}-${server.version}`);
  if (options.freshData === true) await rm(dataDir, { recursive: true, force: true });
  if (!existsSync(dataDir)) await createDataDir(server, dataDir);
  mkdirSync(options.dir, { recursive: true });
  const logFile = join(options.dir, "postgres.log");
  const launch = (): Promise<RunningPostgres> => runPostgres({ ...options, server, dataDir, logFile });

  let running = await launch();
  return {
    server,
    dataDir,
    host,
    port,
    socketDir: socketDirOf(dataDir),
    url: (role, database) => `postgresql://${role}:${LOCAL_PASSWORD}@${host}:${port}/${encodeURIComponent(database)}`,
    async restart(mode) {
      await running.stop(mode);
      running = await retryWhileSharedMemoryIsHeld(launch);
    },
    async stop(mode) {
      await running.stop(mode);
      rmSync(socketDirOf(dataDir), { recursive: true, force: true });
    },
  };
}

function dataDirOf(dir: string, name: string): string {
  if (canReach(dir, unprivilegedUser())) return join(dir, name);
  const key = createHash("sha256").update(dir).digest("hex").slice(0, 12);
  return join(tmpdir(), `holdfast-${userInfo().uid}`, key, name);
}

async function createDataDir(server: PostgresServer, dataDir: string): Promise<void> {
  const template = await clusterTemplate(server);
  const draft = `${dataDir}.${process.pid}`;
  mkdirSync(dirname(dataDir), { recursive: true });
  await rm(draft, { recursive: true, force: true });
  // cp keeps owners, and clones blocks where the file system can.
  await promisify(execFile)("cp", ["-a", template, draft]);
  const keyFile = join(draft, "holdfast_vault_root.key");
  writeFileSync(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
  giveTo(unprivilegedUser(), keyFile);
  await rename(draft, dataDir);
}

/** After a SIGKILL the server's children need a moment to notice, and hold its shared memory until they do. */
async function retryWhileSharedMemoryIsHeld(launch: () => Promise<RunningPostgres>): Promise<RunningPostgres> {
  for (let attempt = 1;; attempt++) {
    try {
      return await launch();
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(100 * attempt);
    }
  }
}
