import type { ObjectVersion, Thaw } from "./object_store.ts";
import { S3Error } from "./s3_error.ts";

/** How fast an archive is. Real ones take minutes to days. */
export interface ArchiveSettings {
  /** From RestoreObject until the object can be read. Default 2 s. */
  thawMs: number;
  /** What a day of a RestoreObject lasts. Default a day. */
  dayMs: number;
}

const ARCHIVES = ["GLACIER", "DEEP_ARCHIVE"];

const isArchived = (version: ObjectVersion): boolean => ARCHIVES.includes(version.headers["x-amz-storage-class"] ?? "STANDARD");

/** Under way, or there until it expires; null when nothing was asked for or the copy is gone. */
function stateOf({ thaw }: ObjectVersion, now: number): { ongoing: boolean; thaw: Thaw } | null {
  if (thaw === undefined || Date.parse(thaw.expiresAt) <= now) return null;
  return { ongoing: Date.parse(thaw.readyAt) > now, thaw };
}

/** @throws {S3Error} InvalidObjectState while an archived object is not restored */
export function refuseFrozen(version: ObjectVersion, now = Date.now()): void {
  const state = stateOf(version, now);
  if (isArchived(version) && (state === null || state.ongoing)) throw new S3Error("InvalidObjectState");
}

/** The header that HEAD and GET say this with. */
export function describeThaw(version: ObjectVersion, now = Date.now()): Record<string, string> {
  const state = stateOf(version, now);
  if (state === null) return {};
  return { "x-amz-restore": state.ongoing ? 'ongoing-request="true"' : `ongoing-request="false", expiry-date="${new Date(state.thaw.expiresAt).toUTCString()}"` };
}

/**
 * What becomes of a version that RestoreObject is called for with this body.
 *
 * @throws {S3Error} InvalidObjectState it is not archived, RestoreAlreadyInProgress, MalformedXML, InvalidArgument
 */
export function requestThaw(version: ObjectVersion, xml: string, settings: ArchiveSettings, now = Date.now()): { status: 200 | 202; thaw: Thaw } {
  if (!/^\s*(?:<\?xml[^>]*>\s*)?<RestoreRequest[\s>][\s\S]*<\/RestoreRequest>\s*$/.test(xml)) throw new S3Error("MalformedXML");
  const days = Number(/<Days>\s*(\d+)\s*<\/Days>/.exec(xml)?.[1] ?? 0);
  const tier = /<GlacierJobParameters>\s*<Tier>\s*(\w+)\s*<\/Tier>\s*<\/GlacierJobParameters>/.exec(xml)?.[1] ?? "Standard";
  if (!["Standard", "Bulk", "Expedited"].includes(tier)) throw new S3Error("MalformedXML", "Unknown retrieval tier");
  if (!isArchived(version)) throw new S3Error("InvalidObjectState", "Restore is not allowed for the object's current storage class");
  if (days < 1) throw new S3Error("InvalidArgument", "Days must be 1 or more");
  if (tier === "Expedited" && version.headers["x-amz-storage-class"] === "DEEP_ARCHIVE") {
    throw new S3Error("InvalidArgument", "Retrieval option is not supported by this storage class");
  }
  const state = stateOf(version, now);
  if (state?.ongoing === true) throw new S3Error("RestoreAlreadyInProgress");
  const readyAt = state === null ? now + settings.thawMs : now;
  const thaw = { readyAt: state?.thaw.readyAt ?? new Date(readyAt).toISOString(), expiresAt: new Date(readyAt + days * settings.dayMs).toISOString() };
  return { status: state === null ? 202 : 200, thaw };
}
