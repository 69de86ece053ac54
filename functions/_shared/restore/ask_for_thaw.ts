import { HoldfastError } from "../errors/holdfast_error.ts";
import { describeTiers, type RetrievalTier, usualTime } from "../s3/retrieval_tiers.ts";
import type { S3Client } from "../s3/s3_client.ts";
import { isArchive } from "../s3/storage_class.ts";
import type { ArchivedObject } from "./list_archived.ts";
import { sideBySide } from "./side_by_side.ts";

/** What thawing needs from the bucket. */
export type ThawStorage = Pick<S3Client, "getObject" | "headObject" | "restoreObject">;

export interface ThawOptions {
  readonly tier: RetrievalTier;
  /** How long the copies can be read. */
  readonly days: number;
}

const PARALLEL = 8;

/**
 * Asks the storage for a readable copy of each object. Asked for already is as good, so that an interrupted call is repeated.
 *
 * @returns those that have to be waited for
 * @throws {HoldfastError} HF604 the storage cannot thaw, HF605 a class does not offer the tier (then nothing was asked for), HF2xx.
 */
export async function askForThaw(s3: ThawStorage, frozen: readonly ArchivedObject[], { tier, days }: ThawOptions, onProgress: (done: number) => void = () => undefined): Promise<ArchivedObject[]> {
  for (const storageClass of new Set(frozen.map((one) => one.storageClass))) {
    if (!isArchive(storageClass) || usualTime(storageClass, tier) !== null) continue;
    throw new HoldfastError("HF605", `Cannot thaw ${storageClass} with tier ${tier}, which it does not offer`, {
      detail: `Nothing was asked for. ${storageClass} usually takes: ${describeTiers(storageClass)}.`, hint: "Use --thaw-tier Standard or Bulk." });
  }
  const readable = new Set<ArchivedObject>();
  let done = 0;
  await sideBySide(frozen, PARALLEL, async (one) => {
    if (await s3.restoreObject(one.key, { tier, days }) === "readable") readable.add(one);
    onProgress(++done);
  });
  return frozen.filter((one) => !readable.has(one));
}
