import type { StoredObjectRecord } from "./restore_point_objects.ts";

/** Which objects are due: one share of several, or what is left of it. */
export interface DueShare {
  /** One object in this many is due. */
  of: number;
  /** From 0 to below `of`. */
  index: number;
  /** Objects up to this key were read already; null at the begin of a share. */
  after: string | null;
}

export interface ChosenObjects {
  chosen: StoredObjectRecord[];
  /** Objects that were due and did not fit. */
  unread: number;
  bytes: number;
  /** Where the next verification goes on with this share; null when all of it is chosen. */
  next: string | null;
}

/**
 * The objects to read back. The hash of the key decides which share an object belongs to, so it keeps its turn whatever else
 * is in the bucket. A share is read in the order of its keys; where the byte budget cuts it short, the next verification goes
 * on behind the last key, so that every object is read exactly once before any is read again.
 */
export function chooseObjects(objects: readonly StoredObjectRecord[], share: DueShare, maxBytes: number): ChosenObjects {
  const due = objects
    .filter(({ key }) => stableHash(key) % share.of === share.index && (share.after === null || key > share.after))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const chosen: StoredObjectRecord[] = [];
  let bytes = 0;
  for (const object of due) {
    // The first is read whatever its size, so that every object has its turn even under a small budget.
    if (chosen.length > 0 && bytes + object.bytes > maxBytes) break;
    chosen.push(object);
    bytes += object.bytes;
  }
  const unread = due.length - chosen.length;
  return { chosen, unread, bytes, next: unread === 0 ? null : (chosen.at(-1)?.key ?? null) };
}

/** FNV-1a: cheap and the same on every machine; nothing here depends on it being hard to guess. */
function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}
