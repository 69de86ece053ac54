import { encodeId, type FactBase } from "@supabase/pg-delta/core";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { Manifest, ManifestTable } from "../export/manifest.ts";
import type { LeftOut, RestoreOptions } from "./restore_context.ts";

type Only = NonNullable<RestoreOptions["only"]>;

/** Which migrations and versions the platform has put in place; a target knows this better than a backup. */
export const BOOKKEEPING: readonly string[] = ["auth.schema_migrations", "storage.migrations", "realtime.schema_migrations"];

/**
 * Reads names as SQL writes them: `schema.table`, each part plain (and then lower-cased) or in double quotes.
 *
 * @throws {HoldfastError} HF508 if it is no such name.
 */
export function parseTableName(text: string): { schema: string; name: string } {
  const parts = [...text.matchAll(/(?:^|\.)(?:"((?:[^"]|"")+)"|([^".]+))(?=\.|$)/g)];
  const [schema, name] = parts.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
  const used = parts.reduce((sum, [all]) => sum + all.length, 0);
  if (parts.length !== 2 || used !== text.length || !schema || !name) {
    throw new HoldfastError("HF508", `"${text}" is not the name of a table`, { hint: 'Write schema.table; quote a part that contains a dot, as in "My.Schema".orders.' });
  }
  return { schema, name };
}

/** A partitioned table has no rows of its own: with it come its partitions, and theirs. */
function withPartitions(only: Only, schema: FactBase): Only {
  const wanted = [...only];
  for (const one of wanted) {
    for (const { id, payload } of schema.facts()) {
      const parent = payload["parentTable"];
      if (id.kind !== "table" || one.name === null || typeof parent !== "object" || parent === null || Array.isArray(parent)) continue;
      const isChild = parent["schema"] === one.schema && parent["name"] === one.name;
      if (isChild && !wanted.some((other) => other.schema === id.schema && other.name === id.name)) wanted.push({ schema: id.schema, name: id.name });
    }
  }
  return wanted;
}

/**
 * Resolves what was asked for against what the backup has.
 *
 * @throws {HoldfastError} HF508 naming a table or schema that the restore point does not have.
 */
export function resolveSelection(manifest: Manifest, schema: FactBase, tables: readonly string[], schemas: readonly string[]): Only | null {
  if (tables.length === 0 && schemas.length === 0) return null;
  const only: Only = [];
  for (const text of tables) {
    const name = parseTableName(text);
    const exists = (["table", "view", "materializedView", "foreignTable"] as const).some((kind) => schema.has({ kind, ...name }));
    if (!exists && !manifest.tables.some((one) => one.schema === name.schema && one.name === name.name)) throw unknown(manifest, `table ${text}`);
    only.push(name);
  }
  for (const name of schemas) {
    if (!schema.has({ kind: "schema", name })) throw unknown(manifest, `schema ${name}`);
    only.push({ schema: name, name: null });
  }
  return withPartitions(only, schema);
}

function unknown(manifest: Manifest, what: string): HoldfastError {
  return new HoldfastError("HF508", `Restore point ${manifest.run_id} has no ${what}`, { hint: "See holdfast restore --dry-run for what it has." });
}

/** Whether a table is part of a selection. */
export function isSelected(only: Only | null, table: { schema: string; name: string }): boolean {
  return only === null || only.some((one) => one.schema === table.schema && (one.name === null || one.name === table.name));
}

/**
 * Tables whose rows are restored, largest first, since they decide the time.
 *
 * @param desired what the target can have: rows of tables that are not in it are left out
 * @param platformSchemas schemas whose bookkeeping stays as the target has it
 */
export function selectTables(manifest: Manifest, only: Only | null, desired: FactBase | null, platformSchemas: readonly string[], leftOut: LeftOut[]): ManifestTable[] {
  const tables: ManifestTable[] = [];
  for (const table of manifest.tables) {
    if (!isSelected(only, table)) continue;
    const name = `${table.schema}.${table.name}`;
    if (platformSchemas.includes(table.schema) && BOOKKEEPING.includes(name)) {
      leftOut.push({ reason: "platform", subject: `rows of ${name}`, message: "They say which version the platform has, which the target knows itself." });
    } else if (desired !== null && !desired.has({ kind: "table", schema: table.schema, name: table.name })) {
      leftOut.push({ reason: "unsupported", subject: `rows of ${name}`, message: `The target cannot have the table, so its ${table.rows} rows are not restored.` });
    } else tables.push(table);
  }
  return tables.sort((a, b) => b.raw_bytes - a.raw_bytes);
}

/** Key of a table fact, for sets. */
export function tableFactKey(table: { schema: string; name: string }): string {
  return encodeId({ kind: "table", schema: table.schema, name: table.name });
}
