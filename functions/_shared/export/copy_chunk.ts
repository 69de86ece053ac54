import { copyOut } from "../database/copy_out.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { copyStatement, type RowRange } from "./copy_statement.ts";
import type { ClaimedChunk } from "./ledger.ts";
import type { WorkerContext } from "./worker_context.ts";

/** Rows of one chunk as the snapshot holds them. */
export interface CopiedChunk {
  chunk: ClaimedChunk;
  bytes: Uint8Array;
  rows: string;
  rowHashSum: string;
}

/** The name leads to another storage file than at planning time: the rows may have moved or be gone, or it is another table. */
export class TableRewritten extends Error {
  override readonly name = "TableRewritten";
  readonly chunk: ClaimedChunk;

  constructor(chunk: ClaimedChunk) {
    super(`${chunk.schema_name}.${chunk.table_name} has been rewritten`);
    this.chunk = chunk;
  }
}

/** Name of a chunk's table for messages. */
export function tableOf(chunk: ClaimedChunk): string {
  return `${chunk.schema_name}.${chunk.table_name}`;
}

/** Where the rows of a data chunk are. */
export function rangeOf(chunk: ClaimedChunk): RowRange {
  if (chunk.schema_name === null || chunk.table_name === null || chunk.first_tid === null) {
    throw new TypeError(`Cannot copy chunk ${chunk.chunk_no} as it has no table`);
  }
  return { schema: chunk.schema_name, table: chunk.table_name, firstTid: chunk.first_tid, endTid: chunk.end_tid };
}

export function tableChanged(chunk: ClaimedChunk, cause?: unknown): HoldfastError {
  return new HoldfastError("HF302", `Cannot export table ${tableOf(chunk)} as it was dropped or altered during the run`, {
    hint: "Start another run when migrations have ended.",
    cause,
  });
}

/** Translates server errors that say something about the table rather than about the connection; others come back as they are. */
export function explainTableError(error: unknown, chunk: ClaimedChunk): unknown {
  switch (sqlStateOf(error)) {
    case "42P01": // undefined_table
    case "3F000": // invalid_schema_name
    case "42703": // undefined_column
    case "42883": // undefined_function: the one that hashes the type that the column had
    case "42846": // cannot_coerce
      return tableChanged(chunk, error);
    case "42501": // insufficient_privilege, also raised when row security would hide rows
      return new HoldfastError("HF305", `Cannot export table ${tableOf(chunk)} as the role may not read all of its rows`, {
        hint: "Grant SELECT and BYPASSRLS (or own the table), or add its schema to backup.settings.excluded_schemas.",
        cause: error,
      });
    case "22021": // character_not_in_repertoire: an encoding such as SQL_ASCII stores whatever it is given
      return new HoldfastError("HF305", `Cannot export table ${tableOf(chunk)} as a value in it is not valid UTF-8`, {
        hint: "Correct the value, or move the data to a database with encoding UTF8, which does not take such values.",
        // The server's message quotes the bytes.
        cause: Object.assign(new Error("SQLSTATE 22021"), { code: "22021" }),
      });
    default:
      return error;
  }
}

/** Types whose cast to text is their output function, and costs more than handing the text on. */
const SHARED_TEXT = `'{int8,numeric,float4,float8,json,jsonb,date,time,timestamp,timestamptz,interval,bytea,name,macaddr,pg_lsn}'::pg_catalog.regtype[]`;

/** Asked for every chunk: an ALTER that turns a column into another of these types rewrites the table, which is noticed below. */
async function sharedTextColumns(context: Pick<WorkerContext, "client">, range: RowRange): Promise<Set<string>> {
  const { rows } = await context.client.query<{ name: string }>(
    `select a.attname as name from pg_catalog.pg_attribute a
     where a.attrelid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', $1::text, $2::text)) and a.attnum > 0 and a.atttypid = any (${SHARED_TEXT})`,
    [range.schema, range.table]);
  return new Set(rows.map(({ name }) => name));
}

/**
 * Copies one chunk inside the open snapshot transaction: its rows, their count and their hash.
 * The storage file is compared afterwards, when COPY holds the table's lock until the end of the transaction: while it is the
 * planned one, the rows the snapshot sees cannot have moved.
 *
 * @param buffer memory to copy into, which the result then is a view of
 * @throws {HoldfastError} HF302 table or column gone, HF303 more bytes than `maxBytes`, HF304 other rows than the server says, HF305 not readable.
 * @throws {TableRewritten} if the storage file is another one.
 */
export async function copyChunk(context: Pick<WorkerContext, "client">, chunk: ClaimedChunk, maxBytes: number, buffer?: Uint8Array): Promise<CopiedChunk> {
  const range = rangeOf(chunk);
  try {
    const sharedText = await sharedTextColumns(context, range);
    const statement = copyStatement(range, { names: chunk.columns ?? [], sharedText, fingerprintExpression: chunk.fingerprint_expression ?? "0" });
    const { bytes, rows: count, hashSum } = await copyOut(context.client, statement, {
      maxBytes, buffer, hashed: true,
      initialBytes: Math.min(maxBytes, Number(chunk.estimated_bytes) + 65_536),
    });
    const { rows: [storage] } = await context.client.query<{ filenode: number | null }>(
      // pg_class is read as of the snapshot, to_regclass() as of now, like the name in COPY: a table that took the name is another one.
      `select case when c.oid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', n.nspname, c.relname))
                   then pg_catalog.pg_relation_filenode(c.oid) end as filenode
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`,
      [range.schema, range.table]);
    if (storage?.filenode !== chunk.filenode) throw new TableRewritten(chunk);
    return { chunk, bytes, rows: String(count), rowHashSum: String(hashSum) };
  } catch (error) {
    throw explainTableError(error, chunk);
  }
}
