import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../functions/_shared/database/connect.ts";
import { exportBackup, type ExportBackupOptions, type ExportBackupResult } from "../../functions/_shared/export/export_backup.ts";
import { createS3Client, type S3ClientOptions } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import { applyMigrations } from "../../stack/apply_migrations.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { type RunningS3, startS3 } from "../../stack/s3/start_s3.ts";
import { type Stack, startStack, type StartStackOptions } from "../../stack/start_stack.ts";
import { queryRows } from "./query_rows.ts";

export const BUCKET = "holdfast-backups";

/** A database with accounts in it and a bucket of its own whose server can be told to misbehave. */
export interface Bench {
  databaseUrl: string;
  storage: RunningS3;
  /** The settings that the functions and the command would be given. */
  s3Env: Record<string, string>;
}

/** A bench whose database, clock and functions run as a project would. */
export interface FunctionsBench extends Bench {
  stack: Stack;
  stop(): Promise<void>;
}

function s3EnvOf(storage: RunningS3): Record<string, string> {
  return {
    HOLDFAST_S3_ENDPOINT: storage.endpoint, HOLDFAST_S3_BUCKET: BUCKET,
    HOLDFAST_S3_ACCESS_KEY_ID: storage.accessKeyId, HOLDFAST_S3_SECRET_ACCESS_KEY: storage.secretAccessKey,
  };
}

/** Accounts, and budgets so small that 8 MB are many chunks, several workers, and leases that run out within a test. */
export async function prepareDatabase(databaseUrl: string): Promise<void> {
  await queryRows(databaseUrl, readFileSync(join(REPO_ROOT, "tests/fixtures/sql/accounts.sql"), "utf8"));
  await queryRows(databaseUrl, "update backup.settings set chunk_bytes = 524288, worker_bytes = 2000000, lease_seconds = 5, workers = 2 where id");
}

/** A bucket for a database that is there already. */
export async function startBench(databaseUrl: string): Promise<Bench & { stop(): Promise<void> }> {
  await prepareDatabase(databaseUrl);
  const dir = mkdtempSync(join(tmpdir(), "holdfast-e2e-s3-"));
  const storage = await startS3({ dir, buckets: [BUCKET] });
  return {
    databaseUrl, storage, s3Env: s3EnvOf(storage),
    stop: async () => {
      await storage.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A whole project with the backup enabled. */
export async function startFunctionsBench(options: StartStackOptions = {}): Promise<FunctionsBench> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-e2e-"));
  // The server runs as another user and has to get there.
  chmodSync(dir, 0o755);
  const stack = await startStack({
    dir, basePort: 20_000 + (process.pid % 300) * 10,
    functionSecrets: ({ s3 }) => (s3 === undefined ? {} : s3EnvOf(s3)),
    ...options,
  });
  if (stack.s3 === undefined) throw new Error("The stack has no object storage");
  await applyMigrations(stack.databaseUrl);
  await prepareDatabase(stack.databaseUrl);
  await queryRows(stack.databaseUrl, "update backup.settings set functions_url = $1 where id", [stack.functionsUrl]);
  await queryRows(stack.databaseUrl, "select * from backup.enable()");
  return {
    databaseUrl: stack.databaseUrl, storage: stack.s3, s3Env: s3EnvOf(stack.s3), stack,
    stop: async () => {
      await stack.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What a test may change about a run of the command. */
export interface CommandOptions {
  databaseUrl?: string;
  s3Env?: Record<string, string>;
  s3?: S3ClientOptions;
  workers?: number;
  recipients?: readonly string[];
  onStarted?: NonNullable<ExportBackupOptions["onStarted"]>;
}

/** One export with the engine of the command. One worker makes the order of the chunks certain. */
export function runCommand(bench: Bench, options: CommandOptions = {}): Promise<ExportBackupResult> {
  const config = parseS3Config({ ...bench.s3Env, ...options.s3Env });
  if (config === null) throw new Error("The bench has no storage settings");
  return exportBackup({
    connect: (applicationName) => connect(options.databaseUrl ?? bench.databaseUrl, { applicationName }),
    s3: createS3Client(config, options.s3),
    workers: options.workers ?? 1,
    tier: "daily",
    recipients: options.recipients ?? [],
    ...(options.onStarted === undefined ? {} : { onStarted: options.onStarted }),
  });
}
