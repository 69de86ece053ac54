import type { Client } from "pg";
import { readDatabaseIdentity } from "../database/database_identity.ts";

export interface RunRecord {
  project: string;
  tier: "daily" | "weekly" | "monthly";
  engine: "functions" | "cli";
  snapshot_id: string;
  snapshot_at: string;
  /** When the last of the data was stored. */
  finished_at: string;
  snapshot_lsn: string;
  snapshot_xids: string;
  schema_fingerprint: string;
  warnings: { code: string; subject: string; message: string }[];
  server_version: string;
  server_version_num: number;
  database: string;
  /** Null where the role may not ask. */
  system_identifier: string | null;
  database_oid: number;
  settings: Record<string, string>;
  /** Empty: not encrypted. */
  recipients: string[];
}

export interface TableRecord {
  schema_name: string;
  table_name: string;
  status: string;
  reason: string | null;
  columns: string[];
  rows: string | null;
  fingerprint: string | null;
  fingerprint_expression: string | null;
}

export interface ChunkRecord {
  schema_name: string;
  table_name: string;
  object_key: string;
  sha256: string;
  stored_bytes: string;
  raw_bytes: string;
  rows: string;
  first_tid: string;
  end_tid: string | null;
}

export interface ObjectRecord {
  key: string;
  sha256: string;
  bytes: number;
  content: string;
}

/** What the ledger knows of a run whose data is exported, as the manifest needs it. */
export interface RunContents {
  run: RunRecord;
  tables: TableRecord[];
  chunks: ChunkRecord[];
  objects: ObjectRecord[];
}

/** Reads the ledger of one run. The settings are those that decide how values look as text. */
export async function readRunRecord(client: Client, runId: string): Promise<RunContents> {
  const { rows: [run] } = await client.query<Omit<RunRecord, "system_identifier" | "database_oid">>(
    `select s.project_ref as project, r.tier, r.engine, r.snapshot_id, to_jsonb(r.snapshot_at) #>> '{}' as snapshot_at,
            (select to_jsonb(max(c.done_at)) #>> '{}' from backup.chunks c where c.run_id = r.run_id and c.state = 'done') as finished_at,
            r.snapshot_lsn::text, r.snapshot_xids, r.schema_fingerprint, r.warnings, coalesce(r.age_recipients, '{}') as recipients,
            current_setting('server_version') as server_version, current_setting('server_version_num')::integer as server_version_num,
            current_database() as database,
            (select jsonb_object_agg(p.name, p.setting) from pg_catalog.pg_settings p where p.name = any (array[
               'client_encoding', 'server_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone', 'extra_float_digits',
               'bytea_output', 'lc_monetary', 'xmlbinary', 'standard_conforming_strings', 'block_size'])) as settings
     from backup.runs r cross join backup.settings s where r.run_id = $1`, [runId]);
  if (run === undefined) throw new Error(`Cannot read run ${runId} as it is not in the ledger`);
  const { rows: tables } = await client.query<TableRecord>(
    `select t.schema_name, t.table_name, t.status, t.reason, t.columns, t.rows, t.fingerprint, t.fingerprint_expression
     from backup.run_tables t where t.run_id = $1 order by t.schema_name, t.table_name`, [runId]);
  const { rows: chunks } = await client.query<ChunkRecord>(
    `select c.schema_name, c.table_name, c.object_key, c.sha256, c.stored_bytes, c.raw_bytes, c.rows,
            c.first_tid::text, c.end_tid::text
     from backup.chunks c where c.run_id = $1 and c.kind = 'data' and c.state = 'done'
     order by c.schema_name, c.table_name, c.first_tid`, [runId]);
  const { rows: objects } = await client.query<ObjectRecord>(
    `select o ->> 'key' as key, o ->> 'sha256' as sha256, (o -> 'bytes')::float8 as bytes, o ->> 'content' as content
     from backup.chunks c, jsonb_array_elements(c.objects) o
     where c.run_id = $1 and c.state = 'done' order by o ->> 'content'`, [runId]);
  return { run: { ...run, ...await readDatabaseIdentity(client) }, tables, chunks, objects };
}
