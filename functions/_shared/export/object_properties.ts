import { z } from "zod";
import { callLedger } from "../database/call_ledger.ts";
import type { Queryable } from "../database/queryable.ts";
import type { ObjectLockMode } from "../s3/stored_object.ts";

/** What the objects of a run are stored with. */
export interface ObjectProperties {
  /** Null: the default of the bucket. */
  readonly storageClass: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly lock: { readonly mode: ObjectLockMode; readonly retainUntil: Date } | null;
  /** What the storage turned out not to take. */
  readonly refused: Set<"tags" | "storageClass">;
}

const properties = z.object({
  storage_class: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  lock_mode: z.enum(["GOVERNANCE", "COMPLIANCE"]).nullable(),
  retain_until: z.date().nullable(),
});

/**
 * Asks the ledger what the strategy says about objects of this run.
 *
 * @throws {HoldfastError} HF001, HF600
 */
export async function readObjectProperties(database: Queryable, runId: string): Promise<ObjectProperties> {
  const rows = await callLedger(database, "select storage_class, tags, lock_mode, retain_until from backup.object_properties($1)", [runId]);
  const row = properties.parse(rows[0]);
  return {
    storageClass: row.storage_class, tags: row.tags, refused: new Set(),
    lock: row.lock_mode === null || row.retain_until === null ? null : { mode: row.lock_mode, retainUntil: row.retain_until },
  };
}
