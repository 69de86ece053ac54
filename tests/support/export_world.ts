import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { connect } from "../../functions/_shared/database/connect.ts";
import { exportData } from "../../functions/_shared/export/export_data.ts";
import { holdSnapshot, type HeldSnapshot } from "../../functions/_shared/export/hold_snapshot.ts";
import { type ChunkKind, type ClaimedChunk, Ledger } from "../../functions/_shared/export/ledger.ts";
import { type WorkerLimits, makeContext } from "../../functions/_shared/export/make_context.ts";
import { type Manifest, parseManifest } from "../../functions/_shared/export/manifest.ts";
import { planRun } from "../../functions/_shared/export/plan_run.ts";
import { waitForSnapshot } from "../../functions/_shared/export/wait_for_snapshot.ts";
import type { WorkerContext } from "../../functions/_shared/export/worker_context.ts";
import { createS3Client, type S3Client, type S3ClientOptions } from "../../functions/_shared/s3/s3_client.ts";
import type { S3Config } from "../../functions/_shared/s3/s3_config.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { type RunningS3, startS3 } from "../../stack/s3/start_s3.ts";
import { createTestDatabase, type CreateTestDatabaseOptions, type TestDatabase } from "./database.ts";

const MIB = 1024 * 1024;

/** A database with Holdfast in it and a bucket of its own. */
export interface ExportWorld {
  database: TestDatabase;
  storage: RunningS3;
  config: S3Config;
  s3: S3Client;
  /** A session as the engine opens one; closed with the world. */
  connect(applicationName?: string): Promise<pg.Client>;
  /** Runs SQL as role postgres on one session of the world. */
  sql<Row extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  /** A client of the same bucket with other options or another key. */
  s3With(options: S3ClientOptions, config?: Partial<S3Config>): S3Client;
  keys(prefix?: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function createExportWorld(options: CreateTestDatabaseOptions = { migrated: true }): Promise<ExportWorld> {
  const database = await createTestDatabase(options);
  const dir = mkdtempSync(join(tmpdir(), "holdfast-export-"));
  const storage = await startS3({ dir, buckets: ["backups"] });
  const config: S3Config = {
    endpoint: storage.endpoint, region: storage.region, bucket: "backups", accessKeyId: storage.accessKeyId,
    secretAccessKey: storage.secretAccessKey, sessionToken: undefined, prefix: "holdfast", pathStyle: true,
  };
  // Waiting is what a test has no time for; how long the client waits is tested where it is written.
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  const s3With = (options: S3ClientOptions, other: Partial<S3Config> = {}) => createS3Client({ ...config, ...other }, { clock, retries: 2, ...options });
  const s3 = s3With({});
  const clients: pg.Client[] = [];
  const open = async (applicationName = "holdfast test"): Promise<pg.Client> => {
    const client = await connect(database.url, { applicationName });
    clients.push(client);
    return client;
  };
  const main = await open();
  return {
    database, storage, config, s3, s3With, connect: open,
    sql: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => {
      const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await main.query<Row>(text, values);
      return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
    },
    keys: async (prefix = "") => {
      const keys: string[] = [];
      for await (const object of s3.listObjects(prefix)) keys.push(object.key);
      return keys.sort();
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await storage.stop();
      rmSync(dir, { recursive: true, force: true });
      await database.drop();
    },
  };
}

/** A run whose snapshot is held, with the context of one worker. */
export interface OpenRun {
  runId: string;
  ledger: Ledger;
  context: WorkerContext;
  keeper: HeldSnapshot;
  /** Ends the run if it is alive, and its sessions. */
  close(): Promise<void>;
}

export const HOOKS = {
  now: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)),
};

export async function openRun(world: ExportWorld, limits: Partial<WorkerLimits> = {}, recipients: readonly string[] = []): Promise<OpenRun> {
  const client = await world.connect("holdfast worker");
  const ledger = new Ledger(client);
  const runId = await ledger.startRun("cli", "cli", "daily", world.s3.prefix);
  const keeper = await holdSnapshot((name) => world.connect(name), runId);
  const snapshotId = await waitForSnapshot(ledger, runId, 10_000, HOOKS);
  if (snapshotId === null) throw new Error("The keeper did not appear");
  const context = await makeContext(client, world.s3, runId, "worker", snapshotId, { maxChunkBytes: 32 * MIB, maxRowBytes: 64 * MIB, maxRenderedFacts: Infinity, ...limits }, () => recipients);
  return {
    runId, ledger, context, keeper,
    close: async () => {
      await world.sql("select backup.fail_run($1, 'HF003', 'the test is over')", [runId]).catch(() => undefined);
      await keeper.release();
      await client.end().catch(() => undefined);
    },
  };
}

/** Claims and records the plan. */
export async function planned(run: OpenRun): Promise<void> {
  const [chunk] = await run.ledger.claim(run.runId, "worker", MIB, true);
  if (chunk?.kind !== "plan") throw new Error("The plan is not the first chunk");
  await planRun(run.context, chunk);
}

/** Claims until a chunk of this kind comes; others that come first are reported as done with nothing stored, data excepted. */
export async function claimKind(run: OpenRun, kind: ChunkKind, maxBytes = 12 * MIB): Promise<ClaimedChunk[]> {
  for (;;) {
    const chunks = await run.ledger.claim(run.runId, run.context.worker, maxBytes, true);
    const [first] = chunks;
    if (first === undefined) throw new Error(`There is no ${kind} chunk to claim`);
    if (first.kind === kind) return chunks;
    if (first.kind === "data") throw new Error("Data comes before; export it first");
    await run.ledger.complete(run.runId, first.claim_id, [{ chunk_no: first.chunk_no, stored_bytes: 0, objects: [] }]);
  }
}

/** Exports the data and claims the manifest; what is neither is reported as done with nothing stored. */
export async function claimManifest(run: OpenRun): Promise<ClaimedChunk> {
  for (;;) {
    const chunks = await run.ledger.claim(run.runId, run.context.worker, 12 * MIB, true);
    const [first] = chunks;
    if (first === undefined) throw new Error("There is no manifest chunk to claim");
    if (first.kind === "manifest") return first;
    if (first.kind === "data") await exportData(run.context, chunks);
    else await run.ledger.complete(run.runId, first.claim_id, [{ chunk_no: first.chunk_no, stored_bytes: 0, objects: [] }]);
  }
}

/** Manifest of a run as it lies in the bucket. */
export async function readManifest(world: ExportWorld, manifestKey: string): Promise<Manifest> {
  return parseManifest(await world.s3.getObject(manifestKey));
}

export function fixtureSql(name: string): string {
  return readFileSync(join(REPO_ROOT, "tests", "fixtures", "sql", name), "utf8");
}
