import type { StoredObjectRecord } from "./restore_point_objects.ts";

export interface ChooseObjectsOptions {
  /** One object in this many is due per round. */
  share: number;
  /** Counts up from verification to verification. */
  round: number;
  maxBytes: number;
}

export interface ChosenObjects {
  chosen: StoredObjectRecord[];
  /** Objects that were due and did not fit. */
  unread: number;
  bytes: number;
}

/**
 * The objects to read back in this round. The hash of the key decides when an object is due, so it keeps its turn
 * whatever else is in the run. Where the byte budget cuts a share short, the next time round starts further on.
 */
export function chooseObjects(objects: readonly StoredObjectRecord[], options: ChooseObjectsOptions): ChosenObjects {
  const { share, round, maxBytes } = options;
  const due = objects.filter((object) => stableHash(object.key) % share === round % share);
  const total = due.reduce((sum, object) => sum + object.bytes, 0);
  const fitting = total === 0 ? due.length : Math.max(1, Math.floor((maxBytes / total) * due.length));
  const start = fitting >= due.length ? 0 : (Math.floor(round / share) * fitting) % due.length;

  const chosen: StoredObjectRecord[] = [];
  let bytes = 0;
  for (const object of [...due.slice(start), ...due.slice(0, start)]) {
    // The first is read whatever its size, so that every object has its turn even under a small budget.
    if (chosen.length > 0 && bytes + object.bytes > maxBytes) continue;
    chosen.push(object);
    bytes += object.bytes;
  }
  return { chosen, unread: due.length - chosen.length, bytes };
}

/** FNV-1a: cheap and the same on every machine; nothing here depends on it being hard to guess. */
function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}
