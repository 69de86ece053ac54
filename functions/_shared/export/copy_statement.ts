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

/** `copy (…) to stdout` for the columns of a range, in PostgreSQL's text format. */
export function copyStatement(range: RowRange, columns: readonly string[]): string {
  const list = columns.map((column) => `t.${escapeIdentifier(column)}`).join(", ");
  return `copy (select ${list} ${fromRange(range)}) to stdout`;
}

/** Counts a range and sums its row hashes; also reads the storage file, after the lock on the table is taken. */
export function hashStatement(range: RowRange, fingerprintExpression: string): string {
  return `select count(*)::text as rows, coalesce(sum(${fingerprintExpression}), 0)::text as row_hash_sum ${fromRange(range)}`;
}
