import { escapeIdentifier, type Client } from "pg";
import { type BackupConfig, CONFIG_TABLES } from "../export/config.ts";

/**
 * Puts the configuration of a backup in the place of the one that is there, within the caller's transaction. Columns that
 * either side does not know are left alone, so that versions may differ.
 *
 * @param tables which of the tables; by default all
 */
export async function loadConfig(client: Client, config: BackupConfig, tables: readonly string[] = CONFIG_TABLES.map(({ table }) => table)): Promise<void> {
  for (const { table } of CONFIG_TABLES) {
    const rows = config.tables[table];
    if (rows === undefined || !tables.includes(table)) continue;
    const { rows: known } = await client.query<{ name: string }>(
      `select a.attname as name from pg_catalog.pg_attribute a
       where a.attrelid = pg_catalog.to_regclass($1) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`, [`backup.${table}`]);
    const columns = known.filter(({ name }) => rows.some((row) => Object.hasOwn(row, name))).map(({ name }) => escapeIdentifier(name)).join(", ");
    if (known.length === 0) continue;
    await client.query(`delete from backup.${table} where true`);
    if (columns === "") continue;
    await client.query(
      `insert into backup.${table} (${columns}) select ${columns} from pg_catalog.jsonb_populate_recordset(null::backup.${table}, $1)`, [JSON.stringify(rows)]);
  }
}
