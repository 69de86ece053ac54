import type { Client } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { PutObjectOptions, PutObjectResult, S3Client } from "../s3/s3_client.ts";
import { isArchive } from "../s3/storage_class.ts";
import type { ObjectProperties } from "./object_properties.ts";

/** Where objects of a run go, and what with. */
export interface PutContext {
  s3: Pick<S3Client, "putObject">;
  /** None in tools that write without a strategy. */
  properties?: ObjectProperties;
  /** Told once what the storage does not take. */
  client?: Pick<Client, "query">;
  runId?: string;
}

interface PutRunObjectOptions extends Pick<PutObjectOptions, "contentType" | "sha256" | "verify"> {
  /** Rows are the bulk of a backup; what else it has is small and stays readable at any time, also when rows go to an archive. */
  bulk: boolean;
}

const WARNINGS = {
  tags: { code: "tags_refused", message: "The storage does not take tags with an object, so lifecycle rules cannot tell what has expired. On AWS the key needs s3:PutObjectTagging." },
  storageClass: { code: "storage_class_refused", message: "The storage does not know this storage class; objects are in its default class." },
} as const;

/**
 * Puts an object of a run with the storage class, tags and lock of its tier. Tags and storage class are about cost and order: where
 * the storage refuses them, the object is stored without, and the run says so. A lock is about protection: where it is refused,
 * so is the backup.
 *
 * @throws {HoldfastError} HF2xx as the storage refuses it.
 */
export async function putRunObject(context: PutContext, key: string, body: Uint8Array<ArrayBuffer>, options: PutRunObjectOptions): Promise<PutObjectResult> {
  const { bulk, ...rest } = options;
  const { properties } = context;
  if (properties === undefined) return await context.s3.putObject(key, body, rest);

  const wanted = { tags: Object.keys(properties.tags).length > 0 && !properties.refused.has("tags"), storageClass: classOf(properties, bulk) !== undefined };
  const put = (tags: boolean, storageClass: boolean) => context.s3.putObject(key, body, {
    ...rest,
    ...(tags ? { tagging: properties.tags } : {}),
    ...(storageClass ? { storageClass: classOf(properties, bulk) } : {}),
    ...(properties.lock === null ? {} : { objectLock: properties.lock }),
  });
  let refusal: HoldfastError;
  try {
    return await put(wanted.tags, wanted.storageClass);
  } catch (error) {
    // Missing permissions for tags look like missing permissions, unknown classes like bad requests: less is tried to find out.
    if (!(error instanceof HoldfastError) || (error.code !== "HF202" && error.code !== "HF206")) throw error;
    refusal = error;
  }
  for (const [tags, storageClass] of [[false, wanted.storageClass], [wanted.tags, false], [false, false]] as const) {
    if ((tags === wanted.tags && storageClass === wanted.storageClass) || (tags && !wanted.tags)) continue;
    try {
      const result = await put(tags, storageClass);
      if (wanted.tags && !tags) await recordRefusal(context, properties, "tags");
      if (wanted.storageClass && !storageClass) await recordRefusal(context, properties, "storageClass");
      return result;
    } catch (error) {
      if (!(error instanceof HoldfastError) || (error.code !== "HF202" && error.code !== "HF206")) throw error;
    }
  }
  if (properties.lock === null) throw refusal;
  throw new HoldfastError(refusal.code, refusal.message, {
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }), cause: refusal,
    hint: `${refusal.hint ?? ""} Objects are to be locked (backup.settings.object_lock): the bucket needs Object Lock, and the key s3:PutObjectRetention and s3:GetObjectRetention.`.trim() });
}

/** STANDARD is what a bucket does anyway; not asking for it leaves buckets with another default theirs. */
function classOf({ storageClass, refused }: ObjectProperties, bulk: boolean): string | undefined {
  if (storageClass === null || storageClass === "STANDARD" || refused.has("storageClass")) return undefined;
  return isArchive(storageClass) && !bulk ? undefined : storageClass;
}

/** Remembers what the storage does not take, and has the run say so. */
export async function recordRefusal(context: PutContext, properties: ObjectProperties, what: "tags" | "storageClass"): Promise<void> {
  properties.refused.add(what);
  const { code, message } = WARNINGS[what];
  await context.client?.query("select backup.add_warnings($1, $2)", [context.runId, JSON.stringify([
    { code, subject: what === "tags" ? "tags" : properties.storageClass, message }])]);
}
