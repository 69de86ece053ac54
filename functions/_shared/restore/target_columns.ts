import type { Client } from "pg";
import { tableKey } from "../export/build_manifest.ts";

/** Where the rows of a table go. */
export interface TargetColumns {
  /** Columns that backup and target have, in the backup's order. */
  columns: string[];
  /** Places of those columns in the rows of the backup; null: all of them. */
  places: number[] | null;
  /** Columns of the backup that stay behind. */
  leftOut: { column: string; why: string }[];
}

export interface BackedUpColumns {
  schema: string;
  name: string;
  columns: readonly string[];
}

/**
 * For each table the columns its rows can be loaded into. Generated columns of the target compute themselves; identity
 * columns take what COPY brings. Columns that only the target has get their default. Tables the target lacks are not in the map,
 * whose keys `tableKey` makes.
 */
export async function targetColumns(client: Client, tables: readonly BackedUpColumns[]): Promise<Map<string, TargetColumns>> {
  const { rows } = await client.query<{ schema: string; name: string; plain: string[]; generated: string[] }>(
    `select n.nspname as schema, c.relname as name,
            coalesce(array_agg(a.attname::text) filter (where a.attgenerated = ''), '{}') as plain,
            coalesce(array_agg(a.attname::text) filter (where a.attgenerated <> ''), '{}') as generated
     from unnest($1::text[], $2::text[]) wanted(schema_name, table_name)
     join pg_catalog.pg_namespace n on n.nspname = wanted.schema_name
     join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.table_name and c.relkind in ('r', 'p')
     left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     group by n.nspname, c.relname`,
    [tables.map((one) => one.schema), tables.map((one) => one.name)]);
  const found = new Map(rows.map((row) => [tableKey(row.schema, row.name), row]));
  const result = new Map<string, TargetColumns>();
  for (const table of tables) {
    const key = tableKey(table.schema, table.name);
    const target = found.get(key);
    if (target === undefined) continue;
    const plain = new Set(target.plain);
    const generated = new Set(target.generated);
    const places = table.columns.flatMap((column, place) => (plain.has(column) ? [place] : []));
    result.set(key, {
      columns: table.columns.filter((column) => plain.has(column)),
      places: places.length === table.columns.length ? null : places,
      leftOut: table.columns.filter((column) => !plain.has(column))
        .map((column) => ({ column, why: generated.has(column) ? "the target computes it" : "the target's table has no such column" })),
    });
  }
  return result;
}
