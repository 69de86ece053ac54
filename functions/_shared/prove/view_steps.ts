import { escapeIdentifier, type Client } from "pg";
import { isSelected } from "../restore/select_tables.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, findingOfError, type ProofStep, type ProveContext, subjectOf } from "./proof_step.ts";
import { inSavepoint, withHoldfast } from "./with_holdfast.ts";

const CHECK = "check_materialized_views";

interface MaterializedView {
  oid: number;
  schema: string;
  name: string;
  populated: boolean;
  query: string;
  columns: string[];
  bytes: string;
}

const VIEWS_SQL = `
  select c.oid, n.nspname as schema, c.relname as name, c.relispopulated as populated, pg_catalog.pg_get_viewdef(c.oid) as query,
         array(select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
         pg_relation_size(c.oid)::text as bytes
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'm' and n.nspname = any ($1)
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 2, 3`;

/**
 * Steps that compare each materialized view with its query. Its rows are not in a backup: they are computed from what is, so
 * one that was not refreshed after the rows came back answers with the past, or with nothing.
 */
export async function viewSteps(client: Client, context: ProveContext): Promise<ProofStep[]> {
  if (context.options.schemaOnly || context.options.dataOnly) return [];
  const schemas = [...new Set([...context.backup.manifest.tables, ...context.backup.manifest.excluded].map((one) => one.schema))];
  const { rows } = await client.query<MaterializedView>(VIEWS_SQL, [schemas]);
  return rows.filter((one) => isSelected(context.options.only, one)).map((view): ProofStep => ({
    id: `view:${subjectOf(view)}`, check_name: CHECK, weight: 2 * Number(view.bytes) + 1024 * 1024, heavy: false,
    run: async (session) => ({ findings: [await compareView(session, view)] }),
  }));
}

async function compareView(client: Client, view: MaterializedView): Promise<ProofFinding> {
  const subject = subjectOf(view);
  const expected = "it holds what its query returns";
  if (!view.populated) return finding(CHECK, subject, "failed", expected, "it was never filled");
  try {
    const stored = await measure(client, view, `${escapeIdentifier(view.schema)}.${escapeIdentifier(view.name)} t`);
    const columns = view.columns.map((one) => escapeIdentifier(one)).join(", ");
    const source = `(${view.query.trim().replace(/;$/, "")}) t${columns === "" ? "" : ` (${columns})`}`;
    const computed = await measure(client, view, source);
    if (equal(stored, computed)) return finding(CHECK, subject, "passed", expected, expected, { rows: Number(stored.rows) });
    // A query that answers differently each time, by the clock or at random, has no rows to compare with.
    if (!equal(computed, await measure(client, view, source))) {
      return finding(CHECK, subject, "skipped", expected, "its query answers differently each time");
    }
    return finding(CHECK, subject, "failed", expected, `${stored.rows} rows instead of ${computed.rows}, or other ones`, { rows: Number(stored.rows), expected_rows: Number(computed.rows) });
  } catch (error) {
    return findingOfError(CHECK, subject, expected, error);
  }
}

interface Measure {
  rows: string;
  sum: string;
}

function equal(a: Measure, b: Measure): boolean {
  return a.rows === b.rows && a.sum === b.sum;
}

/** Each in a transaction of its own, so that now() moves on. */
function measure(client: Client, view: MaterializedView, from: string): Promise<Measure> {
  return withHoldfast(client, undefined, () => inSavepoint(client, async () => {
    const { rows: [expression] } = await client.query<{ text: string }>("select backup.fingerprint_expression($1::oid) as text", [view.oid]);
    const { rows: [row] } = await client.query<Measure>(`select count(*)::text as rows, coalesce(sum(${expression?.text ?? "0"}), 0)::text as sum from ${from}`);
    return row ?? { rows: "0", sum: "0" };
  }));
}
