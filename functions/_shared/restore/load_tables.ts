import type { Client } from "pg";
import { closeClient } from "../database/close_client.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { isConnectionLoss } from "../errors/is_connection_loss.ts";
import { tableKey } from "../export/build_manifest.ts";
import type { ManifestChunk, ManifestTable } from "../export/manifest.ts";
import { ByteBudget } from "./byte_budget.ts";
import { chunksOf } from "./chunk_lists.ts";
import { ChunkQueue, type QueuePlace } from "./chunk_queue.ts";
import { loadChunk, type PreparedChunk, prepareChunk } from "./load_chunk.ts";
import { platformTables } from "./platform_tables.ts";
import type { RestoreContext } from "./restore_context.ts";
import { loadedChunks } from "./restore_state.ts";
import { tableName } from "./table_name.ts";
import { type TargetColumns, targetColumns } from "./target_columns.ts";

/** Rows that could not be brought back, because the object that holds them is missing or damaged. */
export interface LostObject {
  table: string;
  key: string;
  rows: number;
  reason: string;
}

export interface LoadOptions {
  /** Bytes of rows held in memory, packed and unpacked. Default: what two chunks of usual size need for each worker. */
  maxBytes?: number;
  /** Waits before a lost connection is opened again; when all have passed without a chunk loaded, the restore stops. */
  reconnectDelaysMs?: readonly number[];
}

const BYTES_PER_WORKER = 96 * 1024 * 1024;
const RECONNECT_DELAYS_MS = [200, 1_000, 3_000, 10_000];

/**
 * Loads the rows of the context's tables, side by side, each chunk in a transaction of its own with the mark that it is
 * there. Chunks that are marked already are passed over, so an interrupted load is continued by the same call. While a
 * worker loads a chunk, its next one is fetched and checked.
 *
 * Columns and tables that the target lacks are added to `leftOut`, and so are tables of its platform that refuse their rows: nobody
 * could change them, and everything else would have to do without its rows as well. With `skipDamaged`, so are missing and damaged objects.
 *
 * @returns the objects whose rows are lost; empty without `skipDamaged`
 * @throws {HoldfastError} HF501 naming the first missing or damaged object, HF505 a table of the project refuses rows, HF104, HF2xx.
 */
export async function loadTables(context: RestoreContext, options: LoadOptions = {}): Promise<LostObject[]> {
  const columns = await targetColumns(context.client, context.tables);
  const wanted: { table: ManifestTable; target: TargetColumns }[] = [];
  for (const table of context.tables) {
    const target = columns.get(tableKey(table.schema, table.name));
    if (noteGaps(context, table, target) && target !== undefined) wanted.push({ table, target });
  }
  return new Loading(context, wanted, await loadedChunks(context.client), await platformTables(context.client, context.target), options).run();
}

/** What `skipDamaged` passes over: missing, damaged, or more than any export stores in one object. */
const LOST = new Set(["HF501", "HF209"]);

/** Rows that do not fit a table, by the classes of their SQLSTATE; a right that is missing or a full disk is no such reason. */
const MISFIT = /^(22|23)/;

/** Adds what of a table stays behind to `leftOut`. False if nothing of it can be loaded. */
function noteGaps(context: RestoreContext, table: ManifestTable, target: TargetColumns | undefined): boolean {
  const subject = `rows of ${tableName(table)}`;
  if (target === undefined) {
    context.leftOut.push({ reason: "version", subject, message: `The target has no such table; ${table.rows} rows stay behind.` });
    return false;
  }
  for (const { column, why } of target.leftOut) {
    context.leftOut.push({ reason: "version", subject: `column ${tableName(table)}.${column}`, message: `Its values stay behind, as ${why}.` });
  }
  return target.columns.length > 0 || table.columns.length === 0;
}

/** A chunk in memory. */
interface Fetched {
  prepared: PreparedChunk;
  /** Bytes of the budget it holds. */
  bytes: number;
  rawBytes: number;
}

/** One load under way. */
class Loading {
  readonly #context: RestoreContext;
  readonly #queue: ChunkQueue;
  readonly #loaded: ReadonlySet<string>;
  readonly #budget: ByteBudget;
  readonly #delays: readonly number[];
  readonly #totalBytes: number;
  readonly #lost: LostObject[] = [];
  readonly #platforms: ReadonlyMap<string, unknown>;
  /** Tables of the platform that have refused rows. */
  readonly #refusing = new Set<string>();
  readonly #workers: number;
  #doneBytes = 0;
  /** Set by the first failure: the others end after the chunk they are at. */
  #failed = false;

  constructor(context: RestoreContext, wanted: readonly { table: ManifestTable; target: TargetColumns }[], loaded: ReadonlySet<string>, platforms: ReadonlyMap<string, unknown>, options: LoadOptions) {
    const chunks = wanted.reduce((sum, { table }) => sum + (table.chunks?.length ?? Infinity), 0);
    this.#context = context;
    this.#loaded = loaded;
    this.#platforms = platforms;
    this.#queue = new ChunkQueue(wanted, (table) => chunksOf(context.backup, table));
    this.#workers = Math.max(1, Math.min(context.options.workers, chunks));
    this.#budget = new ByteBudget(options.maxBytes ?? this.#workers * BYTES_PER_WORKER);
    this.#delays = options.reconnectDelaysMs ?? RECONNECT_DELAYS_MS;
    this.#totalBytes = wanted.reduce((sum, { table }) => sum + table.raw_bytes, 0);
  }

  async run(): Promise<LostObject[]> {
    const results = await Promise.allSettled(Array.from({ length: this.#workers }, (_, n) => this.#work(n + 1)));
    const failure = results.find((one) => one.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    return this.#lost;
  }

  async #work(number: number): Promise<void> {
    const session = new LoaderSession(() => this.#context.connect(`holdfast loader ${number}`), this.#delays);
    const place = this.#queue.place();
    let next = this.#fetch(place);
    try {
      for (;;) {
        const fetched = await next;
        if (fetched === null) return;
        if ("failure" in fetched) throw fetched.failure;
        next = this.#fetch(place);
        try {
          if (this.#failed) return;
          await session.run((client) => loadChunk(client, fetched.prepared, { mayReplicate: this.#context.target.mayReplicate }));
        } catch (error) {
          this.#refuse(fetched.prepared, error);
        } finally {
          this.#budget.give(fetched.bytes);
        }
        this.#advance(fetched.rawBytes, fetched.prepared.table);
      }
    } catch (error) {
      this.#failed = true;
      throw error;
    } finally {
      await session.close();
      // What was fetched ahead and is not loaded any more must not keep others waiting for memory.
      const unused = await next;
      if (unused !== null && "bytes" in unused && this.#failed) this.#budget.give(unused.bytes);
    }
  }

  /** Never rejects, because it is awaited only when the chunk before it is loaded. */
  async #fetch(place: QueuePlace): Promise<Fetched | { failure: unknown } | null> {
    try {
      for (;;) {
        if (this.#failed) return null;
        const queued = await this.#queue.take(place);
        if (queued === null) return null;
        if ("failure" in queued) {
          this.#lose(queued.table, queued.table.chunk_list?.key ?? "manifest.json", queued.table.rows, queued.failure);
          this.#advance(queued.table.raw_bytes, queued.table);
          continue;
        }
        const { table, chunk, target } = queued;
        if (this.#loaded.has(chunk.key) || this.#refusing.has(tableName(table))) {
          this.#advance(chunk.raw_bytes, table);
          continue;
        }
        const fetched = await this.#prepare(table, chunk, target);
        if (fetched !== null) return fetched;
      }
    } catch (failure) {
      // At once, so that no other worker fetches more while this one still loads.
      this.#failed = true;
      return { failure };
    }
  }

  /** Null if the object is lost, or nobody wants it any more. */
  async #prepare(table: ManifestTable, chunk: ManifestChunk, target: TargetColumns): Promise<Fetched | null> {
    const bytes = chunk.bytes + chunk.raw_bytes;
    await this.#budget.take(bytes);
    let kept = false;
    try {
      if (this.#failed) return null;
      const prepared = await prepareChunk(this.#context.backup, table, chunk, target);
      kept = true;
      return { prepared, bytes, rawBytes: chunk.raw_bytes };
    } catch (error) {
      this.#lose(table, chunk.key, chunk.rows, error);
      this.#advance(chunk.raw_bytes, table);
      return null;
    } finally {
      if (!kept) this.#budget.give(bytes);
    }
  }

  #refuse({ table, rows }: PreparedChunk, error: unknown): void {
    const isPlatforms = this.#platforms.has(tableKey(table.schema, table.name));
    if (!isPlatforms || !(error instanceof HoldfastError) || error.code !== "HF505" || !MISFIT.test(sqlStateOf(error.cause) ?? "")) throw error;
    const name = tableName(table);
    if (this.#refusing.has(name)) return;
    this.#refusing.add(name);
    this.#context.leftOut.push({ reason: "platform", subject: `rows of ${name}`,
      message: `${rows} or more of them stay behind, as the target's platform has another version of this table: ${error.detail ?? error.message}` });
  }

  #lose(table: ManifestTable, key: string, rows: number, error: unknown): void {
    if (!this.#context.options.skipDamaged || !(error instanceof HoldfastError) || !LOST.has(error.code)) throw error;
    this.#lost.push({ table: tableName(table), key: this.#context.backup.prefix + key, rows, reason: error.message });
    this.#context.leftOut.push({ reason: "damaged", subject: `rows of ${tableName(table)}`, message: `${error.message}: ${rows} rows are lost.` });
  }

  #advance(rawBytes: number, table: { schema: string; name: string }): void {
    this.#doneBytes += rawBytes;
    this.#context.onProgress(this.#doneBytes, this.#totalBytes, tableName(table));
  }
}

/** A session that is replaced when it is lost. What was under way is done again; the mark of the chunk tells whether it was done. */
class LoaderSession {
  readonly #connect: () => Promise<Client>;
  readonly #delays: readonly number[];
  #client: Client | null = null;

  constructor(connect: () => Promise<Client>, delays: readonly number[]) {
    this.#connect = connect;
    this.#delays = delays;
  }

  async run(task: (client: Client) => Promise<unknown>): Promise<void> {
    for (let lost = 0; ; lost++) {
      try {
        this.#client ??= await this.#connect();
        await task(this.#client);
        return;
      } catch (error) {
        const delay = this.#delays[lost];
        if (!isConnectionLoss(error) || delay === undefined) throw error;
        await this.close();
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client !== null) await closeClient(client);
  }
}
