import { escapeIdentifier } from "pg";

/** Rows of one table between two row addresses. Null end: to the end of the table. */
export interface RowRange {
  schema: string;
  table: string;
  firstTid: string;
  endTid: string | null;
}

const TID = /^\(\d+,\d+\)$/;

function tid(value: string): string {
  if (!TID.test(value)) throw new TypeError(`Cannot use '${value}' as a row address`);
  return `'${value}'::tid`;
}

/** `from only … t where ctid …`: children and partitions have chunks of their own. */
function fromRange(range: RowRange): string {
  const end = range.endTid === null ? "" : ` and t.ctid < ${tid(range.endTid)}`;
  return `from only ${escapeIdentifier(range.schema)}.${escapeIdentifier(range.table)} t where t.ctid >= ${tid(range.firstTid)}${end}`;
}

export interface CopiedColumns {
  names: readonly string[];
  /** Those that rows and hash have as the same text, which is then made once: `::text` has to be their output function. */
  sharedText: ReadonlySet<string>;
  /** Hashes a row, referred to as t. */
  fingerprintExpression: string;
}

/**
 * `copy (…) to stdout` for the columns of a range, in PostgreSQL's text format, and the hash of each row as its last column.
 * One statement for both: a second one would read and detoast every row again, a third of the CPU of the server.
 */
export function copyStatement(range: RowRange, columns: CopiedColumns): string {
  const references = columns.names.map((column) => `t.${escapeIdentifier(column)}`);
  const list = [...references, columns.fingerprintExpression].join(", ");
  if (!columns.names.some((name) => columns.sharedText.has(name))) return `copy (select ${list} ${fromRange(range)}) to stdout`;
  const inner = columns.names.map((name, n) =>
    (columns.sharedText.has(name) ? `${references[n]}::pg_catalog.text as ${escapeIdentifier(name)}` : references[n]));
  // offset 0 keeps the planner from putting the casts back into both places.
  return `copy (select ${list} from (select ${inner.join(", ")} ${fromRange(range)} offset 0) t) to stdout`;
}

/** Counts the rows of a range without reading their values. */
export function countStatement(range: RowRange): string {
  return `select count(*)::text as rows ${fromRange(range)}`;
}
