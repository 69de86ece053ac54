import { escapeIdentifier } from "pg";

const NAME = String.raw`(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")`;
const COLUMN = String.raw`t\.${NAME}`;
const CALL = String.raw`(?:hashtextextended\(${COLUMN}(?:::text)?|hashint4extended\(${COLUMN}(?:::integer)?|(?:hashint2extended|hashoidextended|uuid_hash_extended)\(${COLUMN})`;
const TERM = String.raw`(?:coalesce\(pg_catalog\.${CALL}, \d{1,4}\), \d{1,4}\)|pg_catalog\.hashtextextended\(row\(${COLUMN}(?:, ${COLUMN})*\)::text, 0\))`;
const GROUP = String.raw`\(${TERM}(?: # ${TERM})*\)`;
const FINGERPRINT = new RegExp(String.raw`^pg_catalog\.hashint4extended\(0, (?:0|${GROUP}(?: # ${GROUP})*)\)$`);

/** Modulus of a fingerprint. */
const WRAP = 1n << 64n;

/**
 * Whether the text is what backup.fingerprint_expression() writes. A manifest comes from a bucket: what it calls an
 * expression is run only if it can do nothing but hash columns.
 */
export function isFingerprintExpression(expression: string): boolean {
  return FINGERPRINT.test(expression);
}

/** Counts and hashes the rows of a table, or those whose address is within the range. */
export function measureQuery(table: { schema: string; name: string; fingerprint_expression: string }, range?: { firstPage: number; endPage: number | null }): string {
  const name = `${escapeIdentifier(table.schema)}.${escapeIdentifier(table.name)}`;
  const where = range === undefined ? "" : ` where t.ctid >= '(${range.firstPage},0)'${range.endPage === null ? "" : ` and t.ctid < '(${range.endPage},0)'`}`;
  return `select count(*)::text as rows, coalesce(sum(${table.fingerprint_expression}), 0)::text as sum from only ${name} t${where}`;
}

/** A sum of row hashes as the fingerprint it is stored as; the same as backup.fingerprint_of_sum(). */
export function fingerprintOfSum(sum: bigint): string {
  return (((sum % WRAP) + WRAP) % WRAP).toString(16).padStart(16, "0");
}
