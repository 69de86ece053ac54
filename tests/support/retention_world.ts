import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { connect } from "../../functions/_shared/database/connect.ts";
import { createS3Client, type S3Client, type S3ClientOptions } from "../../functions/_shared/s3/s3_client.ts";
import type { S3Config } from "../../functions/_shared/s3/s3_config.ts";
import { type RunningS3, startS3 } from "../../stack/s3/start_s3.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { type MadeUpRun, makeUpRun, prefixOf } from "./made_up_run.ts";

/** A ledger and two buckets, one of which locks, whose runs are made up: retention never reads what is in an object. */
export interface RetentionWorld {
  database: TestDatabase;
  client: pg.Client;
  storage: RunningS3;
  config: S3Config;
  s3: S3Client;
  locking: S3Client;
  s3With(options: S3ClientOptions, config?: Partial<S3Config>): S3Client;
  sql<Row extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  /** A run in the ledger, so many days old, with this many objects beside its manifest. Returns its id. */
  run(options: MadeUpRun & { s3?: S3Client }): Promise<string>;
  keys(runId?: string, s3?: S3Client): Promise<string[]>;
  /** Ends every grace period. */
  endGrace(): Promise<void>;
  /** An empty ledger and empty buckets. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function createRetentionWorld(): Promise<RetentionWorld> {
  const database = await createTestDatabase({ migrated: true });
  const dir = mkdtempSync(join(tmpdir(), "holdfast-retention-"));
  const storage = await startS3({ dir, buckets: ["backups", { name: "locking", objectLock: true }] });
  const config: S3Config = {
    endpoint: storage.endpoint, region: storage.region, bucket: "backups", accessKeyId: storage.accessKeyId,
    secretAccessKey: storage.secretAccessKey, sessionToken: undefined, prefix: "holdfast", pathStyle: true,
  };
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  const s3With = (options: S3ClientOptions, other: Partial<S3Config> = {}) => createS3Client({ ...config, ...other }, { clock, retries: 2, ...options });
  const s3 = s3With({});
  const locking = s3With({}, { bucket: "locking" });
  const client = await connect(database.url, { applicationName: "holdfast test" });
  const sql: RetentionWorld["sql"] = async (text, values) => {
    const result: unknown = await client.query(text, values);
    const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: never[] };
    return last.rows;
  };
  const keys: RetentionWorld["keys"] = async (runId, from = s3) => {
    const found: string[] = [];
    for await (const { key } of from.listObjects(runId === undefined ? "" : prefixOf(runId))) found.push(runId === undefined ? key : key.slice(prefixOf(runId).length));
    return found;
  };
  const world: RetentionWorld = {
    database, client, storage, config, s3, locking, s3With, sql, keys,
    run: ({ s3: target = s3, ...options }) => makeUpRun(sql, target, options),
    endGrace: async () => void (await sql("update backup.retention_marks set delete_after = now() - interval '1 hour', not_before = '-infinity'")),
    reset: async () => {
      storage.faults.clear();
      await sql("delete from backup.alerts; delete from backup.tickets; delete from backup.drills; delete from backup.runs; update backup.settings set retention_minimum = 1");
      for (const one of [s3, locking]) {
        for await (const { key } of one.listObjects("")) await one.deleteObject(key);
      }
    },
    close: async () => {
      await client.end();
      await storage.stop();
      rmSync(dir, { recursive: true, force: true });
      await database.drop();
    },
  };
  return world;
}
