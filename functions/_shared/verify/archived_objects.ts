import { HoldfastError } from "../errors/holdfast_error.ts";
import { isArchive } from "../s3/storage_class.ts";
import type { ObjectReader } from "./object_storage.ts";
import type { StoredObjectRecord } from "./restore_point_objects.ts";
import type { Finding } from "./verdict.ts";

/** What a listing says of an object. */
export interface ListedFact {
  bytes: number;
  storageClass: string;
}

/** Objects below a prefix, by key. */
export async function listFacts(reader: ObjectReader, prefix: string): Promise<Map<string, ListedFact>> {
  const listed = new Map<string, ListedFact>();
  for await (const { key, bytes, storageClass = "STANDARD" } of reader.listObjects(prefix)) listed.set(key, { bytes, storageClass });
  return listed;
}

export const isArchivedError = (error: unknown): boolean => error instanceof HoldfastError && error.code === "HF603";

/**
 * Sorts objects of one run into those that can be read and those in an archive. A server that has such classes and keeps them
 * readable shows with the first one; a copy that somebody had thawed may do so too, and then the others say no when they are read.
 */
export async function partArchived(reader: ObjectReader, objects: readonly StoredObjectRecord[], listed: ReadonlyMap<string, ListedFact>): Promise<{ readable: StoredObjectRecord[]; archived: StoredObjectRecord[] }> {
  const archived = objects.filter(({ key }) => isArchive(listed.get(key)?.storageClass ?? "STANDARD"));
  const [first] = archived;
  if (first === undefined) return { readable: [...objects], archived };
  try {
    await reader.getObject(first.key, { range: { first: 0, last: 0 } });
    return { readable: [...objects], archived: [] };
  } catch (error) {
    if (!isArchivedError(error)) throw error;
  }
  const cold = new Set(archived);
  return { readable: objects.filter((one) => !cold.has(one)), archived };
}

/** Undefined when the listing has the object with the size it was stored with. */
export function comparePresence(object: StoredObjectRecord, listed: ReadonlyMap<string, ListedFact>): Finding | undefined {
  const found = listed.get(object.key);
  if (found?.bytes === object.bytes) return undefined;
  return { subject: object.key, verdict: "failed", expected: `${object.bytes} bytes`, actual: found === undefined ? "the object is missing" : `${found.bytes} bytes` };
}
