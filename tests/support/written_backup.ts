import { buildFactBase, serializeSnapshot } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import { gzipSync } from "node:zlib";
import { copyOut } from "../../functions/_shared/database/copy_out.ts";
import { readDatabaseIdentity } from "../../functions/_shared/database/database_identity.ts";
import type { Manifest, ManifestTable } from "../../functions/_shared/export/manifest.ts";
import { isPlatformRole } from "../../functions/_shared/export/render_roles.ts";
import { selectFacts } from "../../functions/_shared/export/select_facts.ts";
import type { ProveContext } from "../../functions/_shared/prove/proof_step.ts";
import type { Backup } from "../../functions/_shared/restore/backup_source.ts";
import { extractFacts } from "../../functions/_shared/restore/extract_facts.ts";
import { inspectTarget } from "../../functions/_shared/restore/target.ts";
import { sha256Hex } from "../../functions/_shared/s3/sha256_hex.ts";
import { manifestOf, type MemoryStorage, memoryStorage, store, storeManifest } from "./memory_backup.ts";
import { fingerprintOf } from "./restore_world.ts";

/** A backup in memory that was written down from a live database, without a ledger, a snapshot or a server for its objects. */
export interface WrittenBackup {
  storage: MemoryStorage;
  backup: Backup;
  /** The same restore point after its manifest was changed; the bucket has it from then on. */
  edit(change: (manifest: Manifest) => void): Promise<Backup>;
  /** Adds or replaces one of its documents. */
  put(content: string, value: unknown): Promise<Backup>;
}

/**
 * Writes down these schemas as they are now, with one object for the rows of each table.
 *
 * @param roles that are part of it besides those of the platform
 */
export async function writeBackup(client: Client, schemas: readonly string[], documents: Readonly<Record<string, unknown>> = {}, roles: readonly string[] = []): Promise<WrittenBackup> {
  const storage = memoryStorage();
  const { rows: [server] } = await client.query<{ version: string; version_num: number; encoding: string; database: string }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as version_num,
            current_setting('server_encoding') as encoding, current_database() as database`);
  const identity = await readDatabaseIdentity(client);
  const tables: ManifestTable[] = [];
  const outline = manifestOf({ server: {
    version: server?.version ?? "", version_num: server?.version_num ?? 0, database: server?.database ?? "", settings: { server_encoding: server?.encoding ?? "" },
    system_identifier: identity.system_identifier ?? undefined, database_oid: identity.database_oid } });
  const prefix = `${storage.prefix}/${outline.project}/runs/${outline.run_id}/`;
  for (const one of await tablesOf(client, schemas)) tables.push(await writeTable(client, storage, prefix, one));
  const all = { "schema.json": JSON.parse(await schemaJson(client, schemas, roles)) as unknown, "sequences.json": await positionsOf(client, schemas), ...documents };
  const objects = [];
  for (const [content, value] of Object.entries(all)) objects.push(await store(storage, prefix, `${content}.gz`, JSON.stringify(value)));
  let manifest = withTotals({ ...outline, tables, objects });
  const open = async (): Promise<Backup> => {
    const bytes = storage.objects.get(storeManifest(storage, manifest)) ?? new Uint8Array();
    return { s3: storage, prefix, manifest, manifestSha256: await sha256Hex(bytes) };
  };
  return {
    storage, backup: await open(),
    edit: (change) => {
      manifest = structuredClone(manifest);
      change(manifest);
      return open();
    },
    put: async (content, value) => {
      const object = await store(storage, prefix, `${content}.gz`, typeof value === "string" ? value : JSON.stringify(value));
      manifest = withTotals({ ...manifest, objects: [...manifest.objects.filter((one) => one.content !== content), object] });
      return open();
    },
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function withTotals(manifest: Manifest): Manifest {
  const { tables, objects } = manifest;
  return { ...manifest, totals: {
    tables: tables.length, rows: sum(tables.map((one) => one.rows)), objects: objects.length, raw_bytes: sum(tables.map((one) => one.raw_bytes)),
    stored_bytes: sum([...tables.map((one) => one.stored_bytes), ...objects.map((one) => one.bytes)]) } };
}

/** Roles of other tests come and go in the cluster; a platform's stay. */
async function schemaJson(client: Client, schemas: readonly string[], roles: readonly string[]): Promise<string> {
  const base = selectFacts(await extractFacts(client), new Set(schemas));
  const stays = (role: string) => isPlatformRole(role) || roles.includes(role);
  const kept = base.facts().filter(({ id }) => (id.kind === "role" ? stays(id.name) : id.kind === "membership" ? stays(id.role) && stays(id.member) : true));
  return serializeSnapshot(buildFactBase(kept, [...base.edges], "liveDb"), { pgVersion: "17" });
}

async function tablesOf(client: Client, schemas: readonly string[]): Promise<{ schema: string; name: string; columns: string[] }[]> {
  const { rows } = await client.query<{ schema: string; name: string; columns: string[] }>(
    `select n.nspname as schema, c.relname as name,
            array(select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname = any ($1) order by 1, 2`, [schemas]);
  return rows;
}

async function writeTable(client: Client, storage: MemoryStorage, prefix: string, table: { schema: string; name: string; columns: string[] }): Promise<ManifestTable> {
  const quoted = table.columns.map((one) => client.escapeIdentifier(one));
  const fingerprint_expression = `pg_catalog.hashint4extended(0, (pg_catalog.hashtextextended(row(${quoted.map((one) => `t.${/^"[a-z_][a-z0-9_]*"$/.test(one) ? one.slice(1, -1) : one}`).join(", ")})::text, 0)))`;
  const { rows, fingerprint } = await fingerprintOf(client, { ...table, fingerprint_expression });
  const { bytes: text } = await copyOut(client, `copy ${client.escapeIdentifier(table.schema)}.${client.escapeIdentifier(table.name)} (${quoted.join(", ")}) to stdout`);
  const stored = new Uint8Array(gzipSync(text));
  const key = `data/${table.schema}.${table.name}/000001.copy.gz`;
  storage.objects.set(prefix + key, stored);
  const chunk = { key, sha256: await sha256Hex(stored), bytes: stored.length, raw_bytes: text.length, rows, first_tid: "(0,0)", end_tid: null };
  return { ...table, fingerprint, fingerprint_expression, rows, raw_bytes: text.length, stored_bytes: stored.length, chunks: [chunk] };
}

async function positionsOf(client: Client, schemas: readonly string[]): Promise<unknown[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    "select s.schemaname as schema, s.sequencename as name from pg_catalog.pg_sequences s where s.schemaname = any ($1) order by 1, 2", [schemas]);
  const positions: unknown[] = [];
  for (const one of rows) {
    const { rows: [found] } = await client.query<{ last_value: string; is_called: boolean }>(
      `select q.last_value::text, q.is_called from ${client.escapeIdentifier(one.schema)}.${client.escapeIdentifier(one.name)} q`);
    positions.push({ ...one, ...found });
  }
  return positions;
}

/** What the proof of everything in a backup works with. */
export async function proveContextOf(client: Client, backup: Backup, change: Partial<ProveContext> = {}): Promise<ProveContext> {
  return { backup, target: await inspectTarget(client), tables: backup.manifest.tables, leftOut: [], options: { only: null, dataOnly: false, schemaOnly: false }, ...change };
}
