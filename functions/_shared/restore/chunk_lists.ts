import { HoldfastError } from "../errors/holdfast_error.ts";
import { chunkListSchema, type ManifestChunk, type ManifestTable } from "../export/manifest.ts";
import type { Backup } from "./backup_source.ts";
import { readObject, unpack } from "./read_object.ts";

/**
 * The chunks of a table, from the manifest or from the object that holds its list.
 *
 * @throws {HoldfastError} HF501 if that object is missing or damaged, or its rows do not add up to those of the manifest.
 */
export async function chunksOf(backup: Backup, table: ManifestTable): Promise<ManifestChunk[]> {
  const chunks = table.chunks ?? await readList(backup, table);
  const rows = chunks.reduce((sum, one) => sum + one.rows, 0);
  if (rows !== table.rows) {
    throw new HoldfastError("HF501", `Chunks of table ${table.schema}.${table.name} do not add up`, {
      detail: `They hold ${rows} rows, the manifest says ${table.rows}.`, hint: "The manifest was edited; restore from another run." });
  }
  return chunks;
}

async function readList(backup: Backup, table: ManifestTable): Promise<ManifestChunk[]> {
  const ref = table.chunk_list;
  if (ref === undefined) return [];
  const text = new TextDecoder().decode(await unpack(backup, ref, await readObject(backup, ref)));
  const parsed = chunkListSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new HoldfastError("HF501", `Object "${backup.prefix}${ref.key}" is not a list of chunks`, {
    detail: parsed.error.issues[0]?.message, hint: "Restore from another run." });
}

/** Undefined for what is not JSON, which is no list either. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
