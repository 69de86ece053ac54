import { escapeIdentifier, type Client } from "pg";
import type { FactBase } from "@supabase/pg-delta/core";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { ManifestTable } from "../export/manifest.ts";
import type { LeftOut } from "./restore_context.ts";

/** Which migrations were applied: Holdfast's own may be among them before a restore begins. */
export const MIGRATIONS = "supabase_migrations.schema_migrations";

/**
 * Tables to load, if those that the target has already are empty: rows of a backup between rows of a target are a mixture
 * that nobody could tell apart again.
 *
 * @throws {HoldfastError} HF502 naming tables that hold rows.
 */
export async function refuseFilledTables(client: Client, tables: readonly ManifestTable[], current: FactBase, leftOut: LeftOut[]): Promise<ManifestTable[]> {
  const filled: string[] = [];
  const kept: ManifestTable[] = [];
  for (const table of tables) {
    const name = `${table.schema}.${table.name}`;
    if (current.has({ kind: "table", schema: table.schema, name: table.name }) && await hasRows(client, table)) {
      if (name === MIGRATIONS) leftOut.push({ reason: "platform", subject: `rows of ${name}`, message: "The target has applied migrations of its own." });
      else filled.push(name);
    } else kept.push(table);
  }
  if (filled.length === 0) return kept;
  throw new HoldfastError("HF502", "Tables of the target hold rows already", {
    detail: filled.slice(0, 10).join(", "), hint: "Rename or empty them, leave them out with --only, or restore into an empty database." });
}

async function hasRows(client: Client, table: ManifestTable): Promise<boolean> {
  const { rows } = await client.query(`select from only ${escapeIdentifier(table.schema)}.${escapeIdentifier(table.name)} limit 1`);
  return rows.length > 0;
}
