import { randomBytes } from "node:crypto";
import type pg from "pg";
import { connect } from "../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { exportBackup } from "../../functions/_shared/export/export_backup.ts";
import { type Backup, type BackupStorage, openBackup } from "../../functions/_shared/restore/backup_source.ts";
import { prepareSession } from "../../functions/_shared/restore/prepare_session.ts";
import type { RestoreContext, RestoreOptions } from "../../functions/_shared/restore/restore_context.ts";
import { inspectTarget } from "../../functions/_shared/restore/target.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { createExportWorld } from "./export_world.ts";

/** Objects of a bucket in memory: reading one costs nothing, and damaging one is an assignment. */
export class MemoryStorage implements BackupStorage {
  readonly prefix = "holdfast";
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  /** How often each object was read. */
  readonly reads = new Map<string, number>();

  async getObject(key: string): Promise<Uint8Array<ArrayBuffer>> {
    this.reads.set(key, (this.reads.get(key) ?? 0) + 1);
    const found = this.objects.get(key);
    if (found === undefined) throw new HoldfastError("HF204", `Cannot get object "${key}": it does not exist`);
    return found;
  }

  async *listObjects(prefix: string): ReturnType<BackupStorage["listObjects"]> {
    for (const [key, bytes] of this.objects) if (key.startsWith(prefix)) yield { key, bytes: bytes.length, etag: "", lastModified: new Date(0), storageClass: "STANDARD" };
  }

  putObject(): never {
    throw new Error("Nothing is written to this bucket");
  }

  copy(): MemoryStorage {
    const other = new MemoryStorage();
    for (const [key, bytes] of this.objects) other.objects.set(key, bytes);
    return other;
  }
}

export interface MemoryBackupOptions {
  chunkBytes?: number;
  /** Makes a second run after this SQL; the first one is opened then. */
  secondAfter?: string;
}

/** Exports a database made by this SQL and takes the bucket into memory. */
export async function memoryBackup(sql: string, options: MemoryBackupOptions = {}): Promise<{ storage: MemoryStorage; backup: Backup }> {
  const world = await createExportWorld({ migrated: true });
  try {
    await world.sql(`set search_path = public, extensions; ${sql}; set search_path = ''`);
    if (options.chunkBytes !== undefined) await world.sql("update backup.settings set chunk_bytes = $1 where id", [options.chunkBytes]);
    const first = await exportBackup({ connect: (name) => world.connect(name), s3: world.s3, workers: 2, tier: null });
    if (options.secondAfter !== undefined) {
      await world.sql(options.secondAfter);
      await exportBackup({ connect: (name) => world.connect(name), s3: world.s3, workers: 2, tier: null });
    }
    const storage = new MemoryStorage();
    for (const key of await world.keys()) storage.objects.set(key, await world.s3.getObject(key));
    return { storage, backup: await openBackup(storage, first.runId) };
  } finally {
    await world.close();
  }
}

export const OPTIONS: RestoreOptions = { only: null, dataOnly: false, schemaOnly: false, skipDamaged: false, prove: false, workers: 2 };

export interface RestoreTarget {
  database: TestDatabase;
  client: pg.Client;
  /** Runs SQL on the main session. */
  sql<Row extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  connect(applicationName?: string, url?: string): Promise<pg.Client>;
  context(backup: Backup, changes?: Partial<Omit<RestoreContext, "options">> & { options?: Partial<RestoreOptions> }): Promise<RestoreContext>;
  close(): Promise<void>;
}

/** A database to restore into, as role postgres unless `admin`. */
export async function createRestoreTarget(options: { admin?: boolean; sql?: string } = {}): Promise<RestoreTarget> {
  const database = await createTestDatabase();
  const url = options.admin === true ? database.adminUrl : database.url;
  const clients: pg.Client[] = [];
  const open = async (applicationName = "holdfast test", other = url): Promise<pg.Client> => {
    const client = await prepareSession(await connect(other, { applicationName }));
    clients.push(client);
    return client;
  };
  const client = await open();
  if (options.sql !== undefined) await client.query(`set search_path = public, extensions; ${options.sql}; set search_path = ''`);
  return {
    database, client, connect: open,
    sql: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => {
      const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query<Row>(text, values);
      return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
    },
    context: async (backup, changes = {}) => ({
      backup, client, connect: open, target: await inspectTarget(client), tables: backup.manifest.tables.filter((one) => !one.schema.startsWith("backup")),
      leftOut: [], onProgress: () => undefined, ...changes, options: { ...OPTIONS, ...changes.options },
    }),
    close: async () => {
      await Promise.all(clients.map((one) => one.end().catch(() => undefined)));
      await database.drop();
    },
  };
}

/** What decides whether a table came back: rows and fingerprint, computed as docs/format.md prints it. */
export async function fingerprintOf(client: pg.Client, table: { schema: string; name: string; fingerprint_expression: string }): Promise<{ rows: number; fingerprint: string }> {
  const { rows: [row] } = await client.query<{ rows: string; fingerprint: string }>(
    `select rows, lpad(to_hex(div(h, 4294967296)::bigint), 8, '0') || lpad(to_hex(mod(h, 4294967296)::bigint), 8, '0') as fingerprint
     from (select count(*) as rows, mod(mod(coalesce(sum(${table.fingerprint_expression}), 0), 18446744073709551616) + 18446744073709551616, 18446744073709551616) as h
           from only ${client.escapeIdentifier(table.schema)}.${client.escapeIdentifier(table.name)} t) sums`);
  return { rows: Number(row?.rows), fingerprint: row?.fingerprint ?? "" };
}

export const randomName = (): string => `r_${randomBytes(4).toString("hex")}`;
