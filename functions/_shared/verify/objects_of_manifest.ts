import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { chunkListSchema, parseManifest } from "../export/manifest.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import type { ObjectReader } from "./object_storage.ts";
import type { OlderRestorePoint, StoredObjectRecord } from "./restore_point_objects.ts";

const gunzipAsync = promisify(gunzip);

async function readIntact(reader: ObjectReader, key: string, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await reader.getObject(key);
  const found = await sha256Hex(bytes);
  if (found === sha256) return bytes;
  throw new HoldfastError("HF207", `Object "${key}" is damaged`, { detail: `Its SHA-256 is ${found}, expected was ${sha256}.` });
}

/**
 * Everything a manifest names, with complete keys. The ledger forgets the chunks of older runs; the manifest does not.
 *
 * @throws {HoldfastError} HF204 or HF207 if the manifest or a list of chunks is missing or damaged, HF306 if it is not valid.
 */
export async function objectsOfManifest(reader: ObjectReader, point: Omit<OlderRestorePoint, "archived">): Promise<StoredObjectRecord[]> {
  const manifest = parseManifest(await readIntact(reader, point.manifestKey, point.manifestSha256));
  const record = (one: { key: string; sha256: string; bytes: number }): StoredObjectRecord =>
    ({ key: point.objectPrefix + one.key, sha256: one.sha256, bytes: one.bytes });
  const objects = manifest.objects.map(record);
  for (const table of manifest.tables) {
    objects.push(...(table.chunks ?? []).map(record));
    if (table.chunk_list === undefined) continue;
    const list = record(table.chunk_list);
    objects.push(list);
    const text = (await gunzipAsync(await readIntact(reader, list.key, list.sha256))).toString("utf8");
    objects.push(...chunkListSchema.parse(JSON.parse(text)).map(record));
  }
  return objects;
}
