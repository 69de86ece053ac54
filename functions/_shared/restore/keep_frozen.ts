import { HoldfastError } from "../errors/holdfast_error.ts";
import type { BackupStorage } from "./backup_source.ts";
import type { ArchivedObject } from "./list_archived.ts";
import { sideBySide } from "./side_by_side.ts";

/** One byte each; their cost is the round trip. */
const PARALLEL = 8;

/**
 * Those that cannot be read at the moment. One byte of each is asked for, because the class does not tell: an object may be
 * thawed, and some servers keep all classes readable.
 *
 * @throws {HoldfastError} HF2xx as the storage refuses it for another reason.
 */
export async function keepFrozen(s3: Pick<BackupStorage, "getObject">, objects: readonly ArchivedObject[]): Promise<ArchivedObject[]> {
  const frozen = new Set<ArchivedObject>();
  await sideBySide(objects, PARALLEL, async (one) => {
    try {
      await s3.getObject(one.key, { range: { first: 0, last: 0 } });
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code !== "HF603") throw error;
      frozen.add(one);
    }
  });
  return objects.filter((one) => frozen.has(one));
}
