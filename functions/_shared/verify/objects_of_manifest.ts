import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { chunkListSchema, parseManifest } from "../export/manifest.ts";
import { COMMAND_READS, type ReadLimits } from "../restore/read_limits.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import type { ObjectReader } from "./object_storage.ts";
import type { OlderRestorePoint, StoredObjectRecord } from "./restore_point_objects.ts";

const gunzipAsync = promisify(gunzip);

async function readIntact(reader: ObjectReader, key: string, sha256: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await reader.getObject(key, { maxBytes });
  const found = await sha256Hex(bytes);
  if (found === sha256) return bytes;
  throw new HoldfastError("HF207", `Object "${key}" is damaged`, { detail: `Its SHA-256 is ${found}, expected was ${sha256}.` });
}

/**
 * Everything a manifest names, with complete keys. The ledger forgets the chunks of older runs; the manifest does not.
 *
 * @throws {HoldfastError} HF204 or HF207 if the manifest or a list of chunks is missing or damaged, HF209 if it is larger than its reader takes,
 * HF306 if it is not valid.
 */
export async function objectsOfManifest(reader: ObjectReader, point: Omit<OlderRestorePoint, "archived">, limits: ReadLimits = COMMAND_READS): Promise<StoredObjectRecord[]> {
  const manifest = parseManifest(await readIntact(reader, point.manifestKey, point.manifestSha256, limits.manifestBytes));
  const record = (one: { key: string; sha256: string; bytes: number }): StoredObjectRecord =>
    ({ key: point.objectPrefix + one.key, sha256: one.sha256, bytes: one.bytes });
  const objects = manifest.objects.map(record);
  for (const table of manifest.tables) {
    objects.push(...(table.chunks ?? []).map(record));
    if (table.chunk_list === undefined) continue;
    const list = record(table.chunk_list);
    objects.push(list);
    const text = await unpackList(list.key, await readList(reader, list), limits.contentBytes);
    for (const chunk of chunkListSchema.parse(JSON.parse(text))) objects.push(record(chunk));
  }
  return objects;
}

/** Its length is known, other than that of the manifest: a longer one is another object. */
async function readList(reader: ObjectReader, { key, sha256, bytes }: StoredObjectRecord): Promise<Uint8Array> {
  try {
    return await readIntact(reader, key, sha256, bytes);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== "HF209") throw error;
    throw new HoldfastError("HF207", `Object "${key}" is damaged`, { detail: `It has more than ${bytes} bytes.`, cause: error });
  }
}

async function unpackList(key: string, bytes: Uint8Array, maxBytes: number): Promise<string> {
  try {
    return (await gunzipAsync(bytes, { maxOutputLength: maxBytes })).toString("utf8");
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE")) throw cause;
    throw new HoldfastError("HF209", `Object "${key}" is larger than its reader takes`, { detail: `It unpacks to more than ${maxBytes} bytes.`, hint: "Run holdfast verify.", cause });
  }
}
