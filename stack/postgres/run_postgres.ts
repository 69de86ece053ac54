import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { identifyProcess, isAlive, type ProcessIdentity } from "../processes/process_identity.ts";
import type { ProcessRegister } from "../processes/process_register.ts";
import { stopProcess } from "../processes/stop_process.ts";
import { giveTo, unprivilegedUser } from "../processes/unprivileged_user.ts";
import type { PostgresServer } from "./find_server.ts";
import { ADMIN_ROLE, serverSettings } from "./server_settings.ts";

/** `fast` ends sessions politely, `immediate` skips the checkpoint, `crash` is a SIGKILL of the server. */
export type StopMode = "fast" | "immediate" | "crash";

const SIGNALS = { fast: "SIGINT", immediate: "SIGQUIT", crash: "SIGKILL" } as const satisfies Record<StopMode, NodeJS.Signals>;

export interface RunningPostgres {
  pid: number;
  stop(mode?: StopMode): Promise<void>;
}

export interface RunPostgresOptions {
  server: PostgresServer;
  dataDir: string;
  host: string;
  port: number;
  logFile: string;
  register?: ProcessRegister;
  settings?: Record<string, string>;
}

/**
 * Starts the server on an existing data directory and returns once it accepts connections.
 * @throws HF902 when it ends or stays silent instead
 */
export async function runPostgres(options: RunPostgresOptions): Promise<RunningPostgres> {
  const { server, dataDir, host, port, logFile } = options;
  const user = unprivilegedUser();
  const socketDir = socketDirOf(dataDir);
  mkdirSync(socketDir, { recursive: true, mode: 0o700 });
  giveTo(user, socketDir);
  const settings = { ...serverSettings(server, socketDir), ...options.settings };
  const log = openSync(logFile, "a");
  // Its own session: Ctrl-C in a terminal goes to the whole group, and the order of the shutdown is ours to decide.
  const child = spawn(
    join(server.binDir, "postgres"),
    ["-D", dataDir, "-h", host, "-p", String(port), ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])],
    { cwd: dataDir, detached: true, stdio: ["ignore", log, log], env: { PATH: process.env["PATH"], LC_ALL: "C" }, ...user },
  );
  closeSync(log);
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  failed.catch(() => {});
  const pid = child.pid;
  const identity = pid === undefined ? undefined : identifyProcess(pid);
  if (pid === undefined || identity === undefined) return failed;
  const forget = options.register?.add("postgres", pid);
  child.unref();
  try {
    await Promise.race([failed, waitUntilReady(identity, socketDir, port, logFile)]);
  } catch (error) {
    await stopProcess(identity, "SIGKILL", 0);
    forget?.();
    throw error;
  }
  return {
    pid,
    async stop(mode = "fast") {
      await stopProcess(identity, SIGNALS[mode], 10_000);
      forget?.();
    },
  };
}

/** Where a cluster's socket lives: a path of its own because socket paths end at about 100 characters. */
export function socketDirOf(dataDir: string): string {
  return join(tmpdir(), `holdfast-pg-${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}`);
}

async function waitUntilReady(identity: ProcessIdentity, socketDir: string, port: number, logFile: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const client = new pg.Client({ host: socketDir, port, user: ADMIN_ROLE, database: "postgres", connectionTimeoutMillis: 2_000 });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (cause) {
      await client.end().catch(() => {});
      if (!isAlive(identity) || Date.now() > deadline) {
        throw new HoldfastError("HF902", "PostgreSQL did not start", { cause, detail: lastLines(logFile), hint: `Read ${logFile}.` });
      }
      await sleep(25);
    }
  }
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-6).join("\n");
}
