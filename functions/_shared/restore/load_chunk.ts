import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type Client, escapeIdentifier } from "pg";
import { copyIn } from "../database/copy_in.ts";
import { rejectedRows } from "../database/copy_in_rejection.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { isConnectionLoss } from "../errors/is_connection_loss.ts";
import type { ManifestChunk, ManifestTable } from "../export/manifest.ts";
import type { Backup } from "./backup_source.ts";
import { openObject } from "./open_object.ts";
import { projectColumns } from "./project_columns.ts";
import { readLimitsOf } from "./read_limits.ts";
import { quietly } from "./quietly.ts";
import { readObject } from "./read_object.ts";
import type { TargetColumns } from "./target_columns.ts";

const gunzipAsync = promisify(gunzip);
const NEWLINE = 0x0a;
/** The most that deflate can unpack of one byte. */
const DEFLATE_RATIO = 1032;

/** Rows of a chunk that have been compared with the manifest and can be sent. */
export interface PreparedChunk {
  table: Pick<ManifestTable, "schema" | "name">;
  key: string;
  rows: number;
  columns: readonly string[];
  text: Uint8Array;
}

export interface LoadChunkOptions {
  /** Whether the role may set session_replication_role, which silences triggers and foreign keys of tables that exist already. */
  mayReplicate: boolean;
}

function damaged(backup: Backup, chunk: ManifestChunk, what: string, detail: string, cause?: unknown): HoldfastError {
  return new HoldfastError("HF501", `Object "${backup.prefix}${chunk.key}" ${what}`, {
    detail, hint: "Restore from another run, or leave its rows out with --skip-damaged.", cause });
}

/** A row is a line: newlines within values are escaped. */
function countRows(text: Uint8Array): number {
  let rows = 0;
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) rows++;
  return rows;
}

async function unpackText(backup: Backup, chunk: ManifestChunk, bytes: Uint8Array): Promise<Uint8Array> {
  const { chunkBytes } = readLimitsOf(backup);
  if (chunk.raw_bytes > chunkBytes) throw damaged(backup, chunk, "has more rows than its reader takes", `The manifest says ${chunk.raw_bytes} bytes, the limit is ${chunkBytes}.`);
  const opened = await openObject(backup, chunk.key, bytes);
  // The manifest's number decides how much memory is set aside, so it has to be one that these bytes can reach.
  if (chunk.raw_bytes > opened.byteLength * DEFLATE_RATIO + 64) {
    throw damaged(backup, chunk, "cannot hold the rows of the manifest", `Its ${opened.byteLength} bytes cannot unpack to ${chunk.raw_bytes}.`);
  }
  try {
    // The size is known, so it is unpacked into one piece, and an object that unpacks to more is given up at that size.
    return await gunzipAsync(opened, { chunkSize: Math.max(chunk.raw_bytes + 1, 64), maxOutputLength: Math.max(chunk.raw_bytes, 1) });
  } catch (cause) {
    throw damaged(backup, chunk, "cannot be unpacked", cause instanceof Error ? cause.message : "no gzip", cause);
  }
}

/**
 * Fetches a chunk and compares everything the manifest says about it, so that nothing of a wrong object is ever sent.
 * Columns the target lacks are taken out of its rows.
 *
 * @throws {HoldfastError} HF501 naming the object if it is missing, damaged or another one; HF2xx storage.
 */
export async function prepareChunk(
  backup: Backup, table: Pick<ManifestTable, "schema" | "name" | "columns">, chunk: ManifestChunk, target: Pick<TargetColumns, "columns" | "places">,
): Promise<PreparedChunk> {
  let text = await unpackText(backup, chunk, await readObject(backup, chunk));
  const rows = text.byteLength === 0 || text.at(-1) === NEWLINE ? countRows(text) : Number.NaN;
  if (text.byteLength !== chunk.raw_bytes || rows !== chunk.rows) {
    throw damaged(backup, chunk, "does not hold the rows of the manifest",
      `It has ${text.byteLength} bytes and ${Number.isNaN(rows) ? "ends within a row" : `${rows} rows`}, the manifest says ${chunk.raw_bytes} and ${chunk.rows}.`);
  }
  if (target.places !== null && target.columns.length > 0) {
    try {
      text = projectColumns(text, table.columns.length, target.places);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw damaged(backup, chunk, "does not hold the columns of the manifest", cause.message, cause);
    }
  }
  return { table: { schema: table.schema, name: table.name }, key: chunk.key, rows: chunk.rows, columns: target.columns, text };
}

/**
 * Loads a prepared chunk in one transaction with the mark that it is loaded. The mark goes first: whoever loads the same
 * chunk at the same time, such as a session that outlived its process, is waited for and then believed.
 *
 * A commit need not wait for the disk, since rows and mark are lost together; the next commit that waits takes all before it along.
 *
 * @returns false if the rows were there already
 * @throws {HoldfastError} HF104 connection lost, HF505 the server refuses the rows
 */
export async function loadChunk(client: Client, chunk: PreparedChunk, options: LoadChunkOptions): Promise<boolean> {
  const subject = `table ${chunk.table.schema}.${chunk.table.name} from object ${chunk.key}`;
  try {
    await client.query(`begin; ${quietly(options)}set local synchronous_commit = off`);
    const marked = await client.query("insert into holdfast_restore.chunks (key, rows) values ($1, $2) on conflict do nothing", [chunk.key, chunk.rows]);
    if (marked.rowCount === 1) await send(client, chunk, subject);
    await client.query("commit");
    return marked.rowCount === 1;
  } catch (error) {
    if (isConnectionLoss(error)) {
      throw error instanceof HoldfastError ? error : new HoldfastError("HF104", "Database stopped answering while rows were loaded", {
        detail: subject, hint: "Repeat the command: what is loaded stays, and it continues there.", cause: error });
    }
    await client.query("rollback").catch(() => undefined);
    throw error instanceof Error && !(error instanceof HoldfastError) && "severity" in error ? rejectedRows(error, subject) : error;
  }
}

async function send(client: Client, chunk: PreparedChunk, subject: string): Promise<void> {
  const name = `${escapeIdentifier(chunk.table.schema)}.${escapeIdentifier(chunk.table.name)}`;
  if (chunk.columns.length > 0) {
    await copyIn(client, `copy ${name} (${chunk.columns.map(escapeIdentifier).join(", ")}) from stdin`, chunk.text, { rows: chunk.rows, subject });
    return;
  }
  // Rows without a value to bring: COPY has no way to name no column, and takes all of the table when none is named.
  const { rowCount } = await client.query(`insert into ${name} select from pg_catalog.generate_series(1, $1::bigint)`, [chunk.rows]);
  if (rowCount !== chunk.rows) throw new HoldfastError("HF505", `Cannot load ${subject}`, { detail: `${chunk.rows} rows were sent, ${rowCount ?? 0} taken.` });
}
