import type { Client } from "pg";
import { tableKey } from "../export/build_manifest.ts";
import type { ManifestTable } from "../export/manifest.ts";
import type { LeftOut } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Tables to load without those of the platform that the role of the restore may read and not fill: they are the platform's to
 * write, no grant of the project opens them, and the rest must not have to do without its rows as well. One of the project stays
 * in the list, since its owner can grant the right.
 */
export async function leaveClosedTables(client: Client, tables: readonly ManifestTable[], target: Pick<TargetInfo, "platformSchemas" | "role">, leftOut: LeftOut[]): Promise<ManifestTable[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any ($1) and c.relkind in ('r', 'p') and not pg_catalog.has_table_privilege(c.oid, 'insert')`, [target.platformSchemas]);
  const closed = new Set(rows.map(({ schema, name }) => tableKey(schema, name)));
  return tables.filter(({ schema, name, rows: count }) => {
    if (!closed.has(tableKey(schema, name))) return true;
    if (count > 0) {
      leftOut.push({ reason: "platform", subject: `rows of ${schema}.${name}`,
        message: `${target.role} may not insert into this table of the platform; ${count} rows stay behind.` });
    }
    return false;
  });
}
