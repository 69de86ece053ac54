import type { Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import type { BackupConfig, ProbeResult } from "./config.ts";
import { CONFIG_FORMAT, CONFIG_TABLES } from "./config.ts";

/** A probe that counts longer gives way to the others, and all of them to the rest of the export. */
const PROBE_SECONDS = 20;
const ALL_PROBES_MS = 60_000;

/** SQLSTATE of a cancelled statement. */
const QUERY_CANCELED = "57014";

/**
 * Reads how this database is backed up and what its access probes count, in the transaction of the caller, which sees the
 * snapshot. The rows of a configuration name tables, queries and roles; secrets are elsewhere.
 */
export async function readConfig(client: Client): Promise<BackupConfig> {
  const columns = CONFIG_TABLES.map(({ table, key }) =>
    `'${table}', (select coalesce(jsonb_agg(to_jsonb(t) order by ${key}), '[]') from backup.${table} t)`);
  const { rows: [row] } = await client.query<{ tables: BackupConfig["tables"] }>(`select jsonb_build_object(${columns.join(", ")}) as tables`);
  return { format: CONFIG_FORMAT, format_version: 1, tables: row?.tables ?? {}, access_probes: await readProbes(client) };
}

/**
 * What every enabled probe counts, within the caller's transaction. One that needs too long is noted as not looked at: a
 * number that was never taken must not be compared with.
 */
export async function readProbes(client: Client): Promise<ProbeResult[]> {
  const { rows: probes } = await client.query<{ name: string }>("select p.name from backup.access_probes p where p.enabled order by p.name");
  const results: ProbeResult[] = [];
  const started = performance.now();
  for (const { name } of probes) {
    const late = performance.now() - started > ALL_PROBES_MS;
    const result = late ? undefined : await runProbe(client, name);
    results.push(result ?? await notLooked(client, name));
  }
  return results;
}

async function runProbe(client: Client, name: string): Promise<ProbeResult | undefined> {
  await client.query(`savepoint probe; set local statement_timeout = '${PROBE_SECONDS}s'`);
  try {
    const { rows: [row] } = await client.query<ProbeResult>(
      `select p.name, p.role_name as role, p.schema_name as schema, p.table_name as table, p.rows::text, p.error, p.looked
       from backup.run_access_probes($1) p`, [name]);
    await client.query("rollback to savepoint probe");
    return row;
  } catch (error) {
    if (sqlStateOf(error) !== QUERY_CANCELED) throw error;
    await client.query("rollback to savepoint probe");
    return undefined;
  }
}

async function notLooked(client: Client, name: string): Promise<ProbeResult> {
  const { rows: [probe] } = await client.query<Pick<ProbeResult, "name" | "role" | "schema" | "table">>(
    "select p.name, p.role_name as role, p.schema_name as schema, p.table_name as table from backup.access_probes p where p.name = $1", [name]);
  return { name, role: probe?.role ?? "", schema: probe?.schema ?? "", table: probe?.table ?? "", rows: null, error: QUERY_CANCELED, looked: false };
}
