import type { StoredRef } from "./ledger.ts";
import { type ChunkRecord, type RunContents } from "./read_run_record.ts";
import { type Manifest, MANIFEST_VERSION, INLINE_CHUNKS, type ManifestChunk, type ManifestTable } from "./manifest.ts";

/** Chunk lists that are too long for the manifest, by "schema.table" as `tableKey` makes it. */
export type ChunkLists = ReadonlyMap<string, StoredRef>;

export function tableKey(schema: string, table: string): string {
  return JSON.stringify([schema, table]);
}

function relative(prefix: string, key: string): string {
  if (!key.startsWith(prefix)) throw new Error(`Cannot list object ${key} as it is outside of the run`);
  return key.slice(prefix.length);
}

function manifestChunk(prefix: string, chunk: ChunkRecord): ManifestChunk {
  return { key: relative(prefix, chunk.object_key), sha256: chunk.sha256, bytes: Number(chunk.stored_bytes),
    raw_bytes: Number(chunk.raw_bytes), rows: Number(chunk.rows), first_tid: chunk.first_tid, end_tid: chunk.end_tid };
}

/** Chunks of the run by table, in row address order. */
export function chunksByTable(prefix: string, contents: RunContents): Map<string, ManifestChunk[]> {
  const lists = new Map<string, ManifestChunk[]>();
  for (const chunk of contents.chunks) {
    const key = tableKey(chunk.schema_name, chunk.table_name);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [manifestChunk(prefix, chunk)]);
    else list.push(manifestChunk(prefix, chunk));
  }
  return lists;
}

/** True when a chunk list is stored as an object of its own. */
export function isLongList(chunks: readonly ManifestChunk[]): boolean {
  return chunks.length > INLINE_CHUNKS;
}

/** Puts together the manifest of a run from its ledger. Pure: stores nothing. */
export function buildManifest(
  runId: string, prefix: string, contents: RunContents, chunks: ReadonlyMap<string, ManifestChunk[]>,
  chunkLists: ChunkLists, toolVersion: string,
): Manifest {
  const { run } = contents;
  const ref = (object: StoredRef) => ({ content: object.content, key: relative(prefix, object.key), sha256: object.sha256, bytes: object.bytes });
  const tables: ManifestTable[] = contents.tables.filter((one) => one.status === "exported").map((one) => {
    const key = tableKey(one.schema_name, one.table_name);
    const own = chunks.get(key) ?? [];
    const list = chunkLists.get(key);
    return {
      schema: one.schema_name, name: one.table_name, columns: one.columns, rows: Number(one.rows),
      fingerprint: one.fingerprint ?? "", fingerprint_expression: one.fingerprint_expression ?? "",
      raw_bytes: own.reduce((sum, chunk) => sum + chunk.raw_bytes, 0),
      stored_bytes: own.reduce((sum, chunk) => sum + chunk.bytes, 0),
      ...(list === undefined ? { chunks: own } : { chunk_list: ref(list) }),
    };
  });
  const objects = contents.objects.map(ref);
  const lists = [...chunkLists.values()];
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    format: "holdfast-backup", format_version: MANIFEST_VERSION, tool: { name: "holdfast", version: toolVersion },
    project: run.project, run_id: runId, tier: run.tier, engine: run.engine,
    snapshot: { id: run.snapshot_id, at: run.snapshot_at, lsn: run.snapshot_lsn, xids: run.snapshot_xids },
    server: {
      version: run.server_version, version_num: run.server_version_num, database: run.database, settings: run.settings,
      ...(run.system_identifier === null ? {} : { system_identifier: run.system_identifier }), database_oid: run.database_oid,
    },
    encryption: run.recipients.length === 0 ? null : { format: "age", recipients: run.recipients }, objects, tables,
    excluded: contents.tables.filter((one) => one.status === "excluded")
      .map((one) => ({ schema: one.schema_name, name: one.table_name, reason: one.reason ?? "" })),
    warnings: run.warnings,
    totals: {
      tables: tables.length, rows: sum(tables.map((one) => one.rows)),
      objects: objects.length + contents.chunks.length + lists.length,
      raw_bytes: sum(tables.map((one) => one.raw_bytes)),
      stored_bytes: sum([...tables.map((one) => one.stored_bytes), ...objects.map((one) => one.bytes), ...lists.map((one) => one.bytes)]),
    },
    finished_at: run.finished_at,
  };
}
