import type { Client } from "pg";
import { tableKey } from "../export/build_manifest.ts";
import type { ManifestTable } from "../export/manifest.ts";
import { platformTables } from "./platform_tables.ts";
import type { LeftOut } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Tables to load without those of the platform that the role of the restore may read and not fill: they are the platform's to
 * write, no grant of the project opens them, and the rest must not have to do without its rows as well. One of the project stays
 * in the list, since its owner can grant the right.
 */
export async function leaveClosedTables(client: Client, tables: readonly ManifestTable[], target: Pick<TargetInfo, "platformSchemas" | "role">, leftOut: LeftOut[]): Promise<ManifestTable[]> {
  const platforms = await platformTables(client, target);
  return tables.filter(({ schema, name, rows: count }) => {
    if (platforms.get(tableKey(schema, name))?.mayInsert !== false) return true;
    if (count > 0) {
      leftOut.push({ reason: "platform", subject: `rows of ${schema}.${name}`,
        message: `${target.role} may not insert into this table of the platform; ${count} rows stay behind.` });
    }
    return false;
  });
}
