import { encryptionCost } from "../encryption/encrypt_bytes.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { compress } from "./compress.ts";
import { copyChunk, type CopiedChunk, explainTableError, rangeOf, tableChanged, TableRewritten, tableOf } from "./copy_chunk.ts";
import { countStatement } from "./copy_statement.ts";
import { escapeIdentifier } from "pg";
import type { ChunkResult, ClaimedChunk } from "./ledger.ts";
import { chunkName } from "./object_keys.ts";
import { importSnapshot, inSnapshot } from "./open_snapshot.ts";
import { storeObject } from "./store_object.ts";
import { StoreQueue } from "./store_queue.ts";
import type { WorkerContext } from "./worker_context.ts";

/** Where a claim stopped, and why. Chunks before it were copied, chunks after it were not tried. */
interface Failure {
  chunk: ClaimedChunk;
  error: unknown;
  /** How many had been copied before. */
  after: number;
}

interface Exported {
  stored: ChunkResult[];
  /** Bytes of COPY text. */
  rawBytes: number;
  /** Whether all of the claim was tried. */
  whole: boolean;
  failure?: Failure;
}

const NOTHING = new Uint8Array();

/** Compresses a chunk and lets go of its text. It is not kept for the next one where a function has no room for it while it encrypts. */
async function compressOnce(context: WorkerContext, copied: CopiedChunk): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes } = copied;
  const compressed = await (context.compressRows ?? compress)(bytes, bytes.byteLength / Number(copied.rows));
  copied.bytes = NOTHING;
  if (context.recipients.length === 0) context.copyBuffer.giveBack(bytes);
  return compressed;
}

async function store(context: WorkerContext, copied: CopiedChunk): Promise<ChunkResult> {
  const { chunk } = copied;
  const rawBytes = copied.bytes.byteLength;
  const name = chunkName(chunk.schema_name ?? "", chunk.table_name ?? "", chunk.chunk_no, chunk.attempt);
  const object = await storeObject(context, name, await compressOnce(context, copied), "application/gzip", "rows");
  return {
    chunk_no: chunk.chunk_no, object_key: object.key, sha256: object.sha256,
    raw_bytes: rawBytes, stored_bytes: object.bytes, rows: copied.rows, row_hash_sum: copied.rowHashSum,
  };
}

/** Text whose compressing and sending does not hold up the next chunk: a usual chunk, which takes about as long for it as the next one for its copy. */
const ON_THEIR_WAY_BYTES = 8 * 1024 * 1024;

/** Of a lease, which nobody renews: then no further chunk is begun, so that what a slow storage has taken is reported in time. */
const SHARE_OF_LEASE = 0.3;

/**
 * Copies the chunks of a claim one after the other, and compresses and sends each while the next one is copied. Never more than
 * `maxChunkBytes` of text are held: the next chunk has what the ones on their way leave of it, at least twice what it is expected to need.
 * No transaction is open, and so no table is locked, while the storage is waited for: a migration would wait as well, and the
 * application behind it.
 */
async function copyAndStore(context: WorkerContext, chunks: readonly ClaimedChunk[]): Promise<Exported> {
  const queue = new StoreQueue((copied: CopiedChunk) => store(context, copied));
  const started = performance.now();
  const roomFor = ({ estimated_bytes: bytes }: ClaimedChunk) => Math.min(ON_THEIR_WAY_BYTES, context.maxChunkBytes - 2 * Number(bytes));
  const mayBegin = () => queue.failure === undefined && (after === 0 || performance.now() - started < SHARE_OF_LEASE * context.leaseMs);
  let rawBytes = 0;
  let after = 0;
  let failure: Failure | undefined;
  while (failure === undefined) {
    const next = chunks[after];
    if (next === undefined) break;
    await queue.room(roomFor(next));
    if (!mayBegin()) break;
    let current = next;
    try {
      await inSnapshot(context.client, context, async () => {
        for (const chunk of chunks.slice(after)) {
          if (!queue.hasRoom(roomFor(chunk)) || !mayBegin()) return;
          current = chunk;
          const copied = await copyChunk(context, chunk, context.maxChunkBytes - queue.bytes, context.copyBuffer.take());
          after++;
          rawBytes += copied.bytes.byteLength;
          queue.add(copied, copied.bytes.byteLength);
        }
      });
    } catch (error) {
      // Rows copied before the failure were read under the same snapshot and are complete, so they count.
      failure = { chunk: current, error, after };
    }
  }
  const stored = await queue.settle();
  // What the storage refuses concerns every chunk, so that is told rather than what was the matter with one of them.
  if (queue.failure !== undefined) failure = { chunk: queue.failure.item.chunk, error: queue.failure.error, after };
  const whole = after === chunks.length;
  return failure === undefined ? { stored, rawBytes, whole } : { stored, rawBytes, whole, failure };
}

function costOfEncryption(context: WorkerContext, stored: readonly ChunkResult[]): number {
  if (context.recipients.length === 0) return 0;
  return encryptionCost(stored.length, stored.reduce((sum, one) => sum + (one.stored_bytes ?? 0), 0));
}

/**
 * Copies and stores the data chunks of one claim and reports them. Returns the bytes of COPY text the worker received, and
 * what encrypting them cost in the same measure.
 *
 * @throws {HoldfastError} HF2xx storage, HF300 snapshot lost, HF301 rewritten, HF302 to HF305 as copyChunk().
 * The claim then holds only chunks that were not done; the failing one comes first.
 */
export async function exportData(context: WorkerContext, chunks: readonly ClaimedChunk[]): Promise<number> {
  const claimId = chunks[0]?.claim_id ?? "";
  const { stored, rawBytes, whole, failure } = await copyAndStore(context, chunks);
  if (stored.length > 0) await context.ledger.complete(context.runId, claimId, stored);
  const bytes = rawBytes + costOfEncryption(context, stored);
  if (failure === undefined) {
    if (!whole) await giveBackRest(context, claimId);
    return bytes;
  }

  const { chunk, error } = failure;
  if (error instanceof HoldfastError && error.code === "HF303") {
    // After others it had only the room they left; the next claim begins with it.
    if (failure.after === 0) await splitOrRead(context, chunk, error);
    await giveBackRest(context, claimId);
    // What was thrown away cost as much CPU as what was kept; a worker that did not count it would be killed while it splits.
    return context.maxChunkBytes;
  } else if (error instanceof TableRewritten) {
    await replan(context, error.chunk);
  } else {
    throw new ChunkFailed(chunk, error);
  }
  await giveBackRest(context, claimId);
  return bytes;
}

/** An error together with the chunk that met it. */
export class ChunkFailed extends Error {
  override readonly name = "ChunkFailed";
  readonly chunk: ClaimedChunk;

  constructor(chunk: ClaimedChunk, cause: unknown) {
    super(`chunk ${chunk.chunk_no} failed`, { cause });
    this.chunk = chunk;
  }
}

async function giveBackRest(context: WorkerContext, claimId: string): Promise<void> {
  try {
    await context.ledger.giveBack(context.runId, claimId);
  } catch (error) {
    // Nothing is left of the claim when its only chunk was split or planned again.
    if (!(error instanceof HoldfastError && error.code === "HF004")) throw error;
  }
}

/** Counting reads no values, so it is cheap even where the rows are huge. */
async function holdsOneRow(context: WorkerContext, chunk: ClaimedChunk): Promise<boolean> {
  const { rows: [counted] } = await inSnapshot(context.client, context, () =>
    context.client.query<{ rows: string }>(countStatement(rangeOf(chunk))));
  return counted?.rows === "1";
}

/**
 * A range of one row cannot be split: it is read whole when the worker may use that much memory. Asked before halving,
 * because every half that still holds the row costs a copy of it.
 */
async function splitOrRead(context: WorkerContext, chunk: ClaimedChunk, error: HoldfastError): Promise<void> {
  if (!await holdsOneRow(context, chunk) && await context.ledger.split(context.runId, chunk.claim_id, chunk.chunk_no)) return;
  if (context.maxRowBytes <= context.maxChunkBytes) {
    throw new ChunkFailed(chunk, new HoldfastError("HF303", `Cannot export table ${tableOf(chunk)} as one row is too large for a function`, {
      detail: error.detail,
      hint: "Run holdfast backup from a machine with enough memory; it has no such limit.",
    }));
  }
  const copied = await inSnapshot(context.client, context, () => copyChunk(context, chunk, context.maxRowBytes));
  await context.ledger.complete(context.runId, chunk.claim_id, [await store(context, copied)]);
}

/**
 * Who wrote the rows that the snapshot sees. COPY FREEZE into a table that its transaction has truncated shows its rows to every
 * snapshot, but leaves its number on them. A number from before half of all numbers were used counts as one yet to come.
 */
function writersOf(table: string): string {
  const end = "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())";
  return `select count(*) as rows, greatest(3, ${end}::text::bigint
            - (pg_catalog.age(t.xmin)::bigint - pg_catalog.age(${end}::xid)))::text::xid8 as writer from only ${table} t group by t.xmin`;
}

/** @throws {ChunkFailed} HF301 when the rows of the snapshot are gone or cannot be proven to be there, HF302 when it is another table. */
async function replan(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  const table = `${escapeIdentifier(chunk.schema_name ?? "")}.${escapeIdentifier(chunk.table_name ?? "")}`;
  await context.client.query("begin isolation level repeatable read read only");
  let now: { filenode: number; pages: string; bytes: string; rows: string; same_table: boolean; same_rows: boolean } | undefined;
  try {
    await importSnapshot(context.client, context);
    ({ rows: [now] } = await context.client.query(
      `with writers as (${writersOf(table)})
       select coalesce(sum(w.rows), 0)::text as rows, pg_catalog.pg_relation_filenode($1::regclass) as filenode,
              (pg_catalog.pg_relation_size($1::regclass) / current_setting('block_size')::integer)::text as pages,
              pg_catalog.pg_table_size($1::regclass)::text as bytes,
              exists (select from pg_catalog.pg_class c where c.oid = $1::regclass and c.relname = $2) as same_table,
              coalesce(bool_and(pg_catalog.pg_visible_in_snapshot(w.writer, pg_catalog.pg_current_snapshot())), true) as same_rows
       from writers w`, [table, chunk.table_name]));
  } catch (error) {
    throw new ChunkFailed(chunk, explainTableError(error, chunk));
  } finally {
    await context.client.query("rollback");
  }
  if (now !== undefined && !now.same_table) throw new ChunkFailed(chunk, tableChanged(chunk));
  if (now?.same_rows === true && await context.ledger.replan(context.runId, chunk.claim_id, chunk.chunk_no, now)) return;
  throw new ChunkFailed(chunk, new HoldfastError("HF301", `Cannot export table ${tableOf(chunk)} as it was rewritten during the run`, {
    detail: "TRUNCATE, a rewriting ALTER TABLE, or VACUUM FULL and CLUSTER of a table that was not counted when planned (count_at_plan_bytes of backup.settings).",
    hint: "Start another run when the maintenance has ended.",
  }));
}
