import { HoldfastError } from "../errors/holdfast_error.ts";
import type { S3Client } from "../s3/s3_client.ts";
import { isArchive } from "../s3/storage_class.ts";
import { type PutContext, recordRefusal } from "./put_run_object.ts";

/**
 * Looks whether the storage kept what an object was put with. Some answer 200 and drop what they do not know; one object tells,
 * as all are put alike. A lost storage class costs money and becomes a warning of the run, a lost lock is a lost protection.
 *
 * @returns whether it is in an archive, and so cannot be read
 * @throws {HoldfastError} HF601 the object is not locked as long as it has to be.
 */
export async function checkProperties(context: PutContext & { s3: Pick<S3Client, "headObject" | "getObject"> }, key: string): Promise<{ archived: boolean }> {
  const { properties } = context;
  if (properties === undefined) return { archived: false };
  const { storageClass, lock, refused } = properties;
  const wantsClass = storageClass !== null && storageClass !== "STANDARD" && !refused.has("storageClass");
  if (!wantsClass && lock === null) return { archived: false };
  const found = await context.s3.headObject(key);
  if (found === null) return { archived: false };
  if (wantsClass && found.storageClass !== storageClass) await recordRefusal(context, properties, "storageClass");
  // Servers keep whole seconds.
  if (lock !== null && (found.objectLock?.mode !== lock.mode || found.objectLock.retainUntil.getTime() < Math.floor(lock.retainUntil.getTime() / 1000) * 1000)) {
    throw new HoldfastError("HF601", `Cannot commit the backup as its objects are not locked until ${lock.retainUntil.toISOString()}`, {
      detail: found.objectLock === null ? `Object ${key} has no lock, or the key may not see it.` : `Object ${key} is locked in mode ${found.objectLock.mode} until ${found.objectLock.retainUntil.toISOString()}.`,
      hint: "Use a bucket with Object Lock and a key with s3:PutObjectRetention and s3:GetObjectRetention, or set backup.settings.object_lock to null.",
    });
  }
  return { archived: isArchive(found.storageClass) && await isFrozen(context.s3, key) };
}

/** Some servers keep every class readable. A key that may not read leaves it at what the class says. */
async function isFrozen(s3: Pick<S3Client, "getObject">, key: string): Promise<boolean> {
  try {
    await s3.getObject(key, { range: { first: 0, last: 0 } });
    return false;
  } catch (error) {
    if (!(error instanceof HoldfastError) || (error.code !== "HF603" && error.code !== "HF202")) throw error;
    return true;
  }
}
