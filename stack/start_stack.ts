import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type CronDaemon, startCron } from "./cron/start_cron.ts";
import { freePort } from "./free_port.ts";
import type { Invocation } from "./functions/invocation.ts";
import type { IsolateLimits } from "./functions/limits.ts";
import { type FunctionsHost, startFunctions } from "./functions/start_functions.ts";
import { functionsEnv } from "./functions_env.ts";
import { type NetDaemon, startNet } from "./net/start_net.ts";
import type { PostgresFlavor } from "./postgres/find_server.ts";
import type { StopMode } from "./postgres/run_postgres.ts";
import { ADMIN_ROLE } from "./postgres/server_settings.ts";
import { type Cluster, startCluster } from "./postgres/start_cluster.ts";
import { ProcessRegister } from "./processes/process_register.ts";
import { REPO_ROOT } from "./repo_root.ts";
import { startStackS3, type StackS3, type StackS3Config } from "./start_stack_s3.ts";
import { stackKeys } from "./stack_keys.ts";
import { lockStackDir } from "./stack_lock.ts";

export interface StartStackOptions {
  /** State, logs and data; `.holdfast` of the checkout by default. Two stacks need two directories. */
  dir?: string;
  flavor?: PostgresFlavor;
  /** Serve the functions; true by default. */
  functions?: boolean;
  /** Where they are; functions/ of the checkout by default. */
  functionsDir?: string;
  /** Set on every function; a function of what is already up, for secrets that name the S3 endpoint. */
  functionSecrets?: Record<string, string> | ((parts: { s3: StackS3 | undefined; apiUrl: string; databaseUrl: string }) => Record<string, string>);
  limits?: Partial<IsolateLimits>;
  maxIsolates?: number;
  /** Start the embedded S3 server; true by default. */
  s3?: boolean | StackS3Config;
  /** Use this database instead of starting one. Nothing is installed in it: its own pg_cron and pg_net do the work. */
  databaseUrl?: string;
  /** Start from an empty project instead of the data of the run before. */
  freshData?: boolean;
  /** First of the four ports; each moves on to the next free one. */
  basePort?: number;
  /** Settings of the server on top of the platform's. */
  postgresSettings?: Record<string, string>;
  onLog?: (line: string) => void;
}

export interface Stack {
  dir: string;
  /** As role `postgres`. */
  databaseUrl: string;
  /** As the bootstrap superuser; undefined with a database of your own. */
  adminUrl: string | undefined;
  apiUrl: string;
  functionsUrl: string;
  secretKey: string;
  publishableKey: string;
  s3: StackS3 | undefined;
  invocations(): Invocation[];
  onInvocation(listener: (invocation: Invocation) => void): () => void;
  killIsolates(slug?: string): number;
  /** Stops and starts the database server on its data. Not possible with a database of your own. */
  restartPostgres(mode: StopMode): Promise<void>;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const BASE_PORT = 54_421;

/**
 * Starts a Supabase project on this machine: database, clock, webhooks, functions, object storage.
 * Whatever an earlier run left in the directory is stopped first.
 * @throws HF900 when a live stack owns the directory, HF901 and HF902 for the database, HF904 for the functions
 */
export async function startStack(options: StartStackOptions = {}): Promise<Stack> {
  const dir = resolve(options.dir ?? join(REPO_ROOT, ".holdfast"));
  const unlock = lockStackDir(dir);
  // Undone in reverse order, on a failed start as on a stop.
  const cleanups: (() => Promise<void> | void)[] = [unlock];
  const stop = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    return await start(dir, options, cleanups, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(dir: string, options: StartStackOptions, cleanups: (() => Promise<void> | void)[], stop: () => Promise<void>): Promise<Stack> {
  const logDir = join(dir, "logs");
  mkdirSync(logDir, { recursive: true });
  const log = (line: string): void => {
    appendFileSync(join(logDir, "stack.log"), `${new Date().toISOString()} ${line}\n`);
    options.onLog?.(line);
  };
  const register = new ProcessRegister(join(dir, "pids"));
  for (const orphan of await register.stopAll()) log(`stack: stopped ${orphan}, left by an earlier run`);

  const base = options.basePort ?? BASE_PORT;
  const taken = new Set<number>();
  const nextPort = async (offset: number): Promise<number> => {
    const port = await freePort(HOST, base + offset, taken);
    taken.add(port);
    return port;
  };
  const apiPort = await nextPort(0);
  const keys = stackKeys(dir);
  const apiUrl = `http://${HOST}:${apiPort}`;

  let cluster: Cluster | undefined;
  if (options.databaseUrl === undefined) {
    cluster = await startCluster({
      dir, host: HOST, port: await nextPort(1), register,
      ...(options.flavor === undefined ? {} : { flavor: options.flavor }),
      ...(options.freshData === undefined ? {} : { freshData: options.freshData }),
      ...(options.postgresSettings === undefined ? {} : { settings: options.postgresSettings }),
    });
    cleanups.push(() => cluster?.stop());
    for (const daemon of startDaemons(cluster, log)) cleanups.push(() => daemon.stop());
  }
  const databaseUrl = options.databaseUrl ?? cluster?.url("postgres", "postgres") ?? "";

  let s3: StackS3 | undefined;
  if (options.s3 !== false) {
    if (options.freshData === true) rmSync(join(dir, "s3"), { recursive: true, force: true });
    s3 = await startStackS3({
      dir: join(dir, "s3"), host: HOST, port: await nextPort(2), keys,
      ...(typeof options.s3 === "object" ? { config: options.s3 } : {}),
    });
    cleanups.push(() => s3?.stop());
  }

  let host: FunctionsHost | undefined;
  if (options.functions !== false) {
    const secrets = typeof options.functionSecrets === "function" ? options.functionSecrets({ s3, apiUrl, databaseUrl }) : options.functionSecrets;
    host = await startFunctions({
      functionsDir: options.functionsDir ?? join(REPO_ROOT, "functions"),
      host: HOST, port: apiPort, register, onLog: log,
      env: functionsEnv({ apiUrl, databaseUrl, keys, secrets: secrets ?? {} }),
      invocationsFile: join(dir, "invocations.jsonl"),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.maxIsolates === undefined ? {} : { maxIsolates: options.maxIsolates }),
    });
    cleanups.push(() => host?.stop());
  }

  return {
    dir,
    databaseUrl,
    adminUrl: cluster?.url(ADMIN_ROLE, "postgres"),
    apiUrl,
    functionsUrl: `${apiUrl}/functions/v1`,
    secretKey: keys.secretKey,
    publishableKey: keys.publishableKey,
    s3,
    invocations: () => host?.invocations() ?? [],
    onInvocation: (listener) => host?.onInvocation(listener) ?? (() => {}),
    killIsolates: (slug) => host?.killIsolates(slug) ?? 0,
    restartPostgres: async (mode) => {
      if (cluster === undefined) throw new Error("The database of this stack was started by somebody else");
      await cluster.restart(mode);
    },
    stop,
  };
}

/** pg_net is a stand-in on every flavor; pg_cron only where the server has no real one. */
function startDaemons(cluster: Cluster, onLog: (line: string) => void): (CronDaemon | NetDaemon)[] {
  const adminUrl = cluster.url(ADMIN_ROLE, "postgres");
  const net = startNet(adminUrl, onLog);
  if (cluster.server.hasPgCron) return [net];
  return [net, startCron({ adminUrl, socketDir: cluster.socketDir, port: cluster.port, onLog })];
}
