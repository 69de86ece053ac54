import type { Client } from "pg";
import type { ManifestTable } from "../export/manifest.ts";
import { MIGRATIONS } from "../restore/refuse_filled_tables.ts";
import { BOOKKEEPING, isSelected, tableFactKey } from "../restore/select_tables.ts";
import { fingerprintOfSum, isFingerprintExpression, measureQuery } from "./fingerprint_query.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, findingOfError, type ProofStep, type ProveContext, subjectOf, type TableMeasure } from "./proof_step.ts";

const PAGE_BYTES = 8192;

/** Most parts of one table; a bigger table has bigger parts. */
const MAX_PARTS = 1000;

/** Where a restored table has its rows. */
interface RestoredTable {
  pages: number;
  /** Only heap tables are read by ranges of pages. */
  isHeap: boolean;
}

async function readSizes(client: Client): Promise<Map<string, RestoredTable>> {
  const { rows } = await client.query<{ key: string; bytes: string; is_heap: boolean }>(
    `select jsonb_build_array(n.nspname, c.relname)::text as key, pg_relation_size(c.oid)::text as bytes, c.relkind = 'r' and a.amname = 'heap' as is_heap
     from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     left join pg_catalog.pg_am a on a.oid = c.relam
     where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`);
  return new Map(rows.map((row) => [keyOf(JSON.parse(row.key) as [string, string]), { pages: Number(row.bytes) / PAGE_BYTES, isHeap: row.is_heap }]));
}

function keyOf(names: readonly [string, string]): string {
  return JSON.stringify(names);
}

/**
 * One step for each table, or several for a table of more than `partBytes`, that count its rows and hash them: the expensive
 * part of a proof. Their numbers are compared by `compareTables` when all of them are there.
 */
export async function tableSteps(client: Client, context: ProveContext, partBytes: number): Promise<ProofStep[]> {
  if (context.options.schemaOnly) return [];
  const sizes = await readSizes(client);
  return context.tables.flatMap((table) => {
    const size = sizes.get(keyOf([table.schema, table.name]));
    const pages = size?.pages ?? 0;
    const wanted = size?.isHeap === true ? Math.min(MAX_PARTS, Math.ceil((pages * PAGE_BYTES) / partBytes)) : 1;
    const parts = Math.max(1, wanted);
    const step = Math.ceil(pages / parts);
    return Array.from({ length: parts }, (_, part): ProofStep => ({
      id: `table:${subjectOf(table)}${parts === 1 ? "" : `#${part + 1}/${parts}`}`,
      check_name: "check_fingerprints", weight: Math.max(PAGE_BYTES, (pages * PAGE_BYTES) / parts), heavy: false,
      run: (session) => measureTable(session, context, table, part, parts,
        // The last part is open-ended: what lies behind the last page that was there is somebody's addition.
        parts === 1 ? undefined : { firstPage: part * step, endPage: part + 1 === parts ? null : (part + 1) * step }),
    }));
  });
}

async function measureTable(
  client: Client, { target }: ProveContext, table: ManifestTable, part: number, parts: number, range: { firstPage: number; endPage: number | null } | undefined,
): Promise<{ findings: ProofFinding[]; measures?: TableMeasure[] }> {
  const subject = subjectOf(table);
  const expected = `fingerprint ${table.fingerprint}`;
  if (!isFingerprintExpression(table.fingerprint_expression)) {
    return { findings: [finding("check_fingerprints", subject, "failed", "an expression that hashes columns", "the manifest has another one, which was not run")] };
  }
  try {
    const { rows: [row] } = await client.query<{ rows: string; sum: string }>(measureQuery(table, range));
    return { findings: [], measures: [{ schema: table.schema, name: table.name, part, parts, rows: row?.rows ?? "0", sum: row?.sum ?? "0" }] };
  } catch (error) {
    const found = findingOfError("check_fingerprints", subject, expected, error);
    // Another version of the platform lacks a column: what the others hold cannot be told apart from the whole row.
    const isPlatforms = found.verdict === "failed" && target.platformSchemas.includes(table.schema);
    return { findings: [isPlatforms ? { ...found, verdict: "inconclusive", actual: `${found.actual ?? ""}: the target's platform is of another version` } : found] };
  }
}

/**
 * Rows that were asked for and left out: nobody can say of them that they came back. What the target knows itself is no loss, and rows
 * alone go into the tables that are there and that may be filled.
 */
function leftTables(context: ProveContext): ProofFinding[] {
  const { backup: { manifest }, tables, target: { platformSchemas }, options: { only, dataOnly }, leftOut } = context;
  const isWanted = ({ schema, name }: ManifestTable) => !dataOnly || leftOut.some((one) => one.reason === "platform" && one.subject === `rows of ${schema}.${name}`);
  const restored = new Set(tables.map(tableFactKey));
  const isTargets = ({ schema, name }: ManifestTable) => `${schema}.${name}` === MIGRATIONS
    || (platformSchemas.includes(schema) && BOOKKEEPING.includes(`${schema}.${name}`));
  return manifest.tables.filter((one) => one.rows > 0 && isSelected(only, one) && isWanted(one) && !restored.has(tableFactKey(one)) && !isTargets(one)).map((one) =>
    finding("check_row_counts", subjectOf(one), "inconclusive", `${one.rows} rows`, "not restored, see what is not in the target", { expected_rows: one.rows }));
}

/** Compares what was measured with the manifest: row count and fingerprint of every table, each a finding. */
export function compareTables(context: ProveContext, measures: readonly TableMeasure[], findings: readonly ProofFinding[]): ProofFinding[] {
  if (context.options.schemaOnly) return [];
  const byTable = new Map<string, TableMeasure[]>();
  for (const one of measures) {
    const key = keyOf([one.schema, one.name]);
    byTable.set(key, [...byTable.get(key) ?? [], one]);
  }
  const answered = new Set(findings.filter((one) => one.check_name === "check_fingerprints").map((one) => one.subject));
  const compared = context.tables.flatMap((table) => {
    const subject = subjectOf(table);
    const own = new Map((byTable.get(keyOf([table.schema, table.name])) ?? []).map((one) => [one.part, one]));
    const parts = [...own.values()][0]?.parts ?? 1;
    if (own.size !== parts) {
      return answered.has(subject) ? [] : [finding("check_fingerprints", subject, "inconclusive", `fingerprint ${table.fingerprint}`, `${own.size} of ${parts} parts were read`)];
    }
    const rows = [...own.values()].reduce((sum, one) => sum + BigInt(one.rows), 0n);
    const fingerprint = fingerprintOfSum([...own.values()].reduce((sum, one) => sum + BigInt(one.sum), 0n));
    return [
      finding("check_row_counts", subject, rows === BigInt(table.rows) ? "passed" : "failed", `${table.rows} rows`, `${rows} rows`,
        { expected_rows: table.rows, rows: Number(rows) }),
      finding("check_fingerprints", subject, fingerprint === table.fingerprint ? "passed" : "failed", `fingerprint ${table.fingerprint}`, `fingerprint ${fingerprint}`,
        { columns: table.columns.length, rows: Number(rows) }),
    ];
  });
  return [...compared, ...leftTables(context)];
}
