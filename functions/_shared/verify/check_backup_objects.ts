import { HoldfastError } from "../errors/holdfast_error.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import { chooseObjects } from "./choose_objects.ts";
import type { ObjectReader, ObjectStorage } from "./object_storage.ts";
import { objectsOfManifest } from "./objects_of_manifest.ts";
import type { RestorePointObjects, StoredObjectRecord } from "./restore_point_objects.ts";
import type { Finding } from "./verdict.ts";

export interface CheckBackupObjectsOptions {
  /** Bytes read back at most: hashing costs CPU, of which a function has one second. */
  maxBytes: number;
}

/** Named one by one up to here; an emptied bucket must not fill the ledger. */
const MAX_NAMED = 100;
const CONCURRENCY = 3;

/** What a storage error says about the backup itself; any other means that the check could not look. */
const DAMAGE = new Set(["HF201", "HF204", "HF207", "HF306"]);

/**
 * Compares the bucket with the ledger: of the newest restore point the manifest by its hash and every object by presence and
 * size; of all restore points a rotating share of the objects by their hash, so that every object is read exactly once in as
 * many verifications as there are shares, or in as many more as the byte budget makes of them.
 * Storage that cannot be reached is inconclusive, never passed, and never a loss.
 */
export async function checkBackupObjects(
  storage: ObjectStorage,
  point: RestorePointObjects | null,
  options: CheckBackupObjectsOptions,
): Promise<Finding[]> {
  switch (storage.state) {
    case "off":
      return [{ subject: "bucket", verdict: "skipped", actual: "the secondary backup is off: S3 is not configured" }];
    case "invalid":
      return [{ subject: "bucket", verdict: "inconclusive", expected: "a usable S3 configuration", actual: storage.reason }];
    case "ready":
      if (point === null) return [{ subject: "bucket", verdict: "skipped", actual: "there is no restore point yet" }];
      return await examine(storage.reader, point, options);
  }
}

async function examine(reader: ObjectReader, point: RestorePointObjects, options: CheckBackupObjectsOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    findings.push(await checkManifest(reader, point));
    const { damaged, present } = await checkPresence(reader, point);
    findings.push(...damaged);
    findings.push(...(await checkContents(reader, point, present, options.maxBytes)));
  } catch (error) {
    findings.push(unreachable(error));
  }
  const failed = findings.filter((finding) => finding.verdict === "failed");
  if (failed.length <= MAX_NAMED) return findings;
  const others = findings.filter((finding) => finding.verdict !== "failed");
  return [
    // Those that were read are last, and carry the mark of their share.
    ...failed.slice(-MAX_NAMED),
    { subject: "further objects", verdict: "failed", expected: "no damaged object", actual: `${failed.length - MAX_NAMED} more damaged objects` },
    ...others,
  ];
}

/** @throws the error itself when it is not from the storage: that is a bug, not a finding */
function unreachable(error: unknown): Finding {
  if (!(error instanceof HoldfastError)) throw error;
  return {
    subject: "bucket",
    verdict: error.code === "HF201" ? "failed" : "inconclusive",
    expected: "the bucket answers",
    actual: `${error.code}: ${error.message}`,
  };
}

async function checkManifest(reader: ObjectReader, point: RestorePointObjects): Promise<Finding> {
  const subject = point.manifestKey;
  const problem = await readBack(reader, { key: subject, sha256: point.manifestSha256, bytes: -1 });
  return problem ?? { subject, verdict: "passed", expected: "the manifest as written", actual: "the manifest as written", evidence: { sha256: point.manifestSha256 } };
}

async function checkPresence(
  reader: ObjectReader,
  point: RestorePointObjects,
): Promise<{ damaged: Finding[]; present: StoredObjectRecord[] }> {
  const listed = new Map<string, number>();
  for await (const { key, bytes } of reader.listObjects(point.objectPrefix)) listed.set(key, bytes);
  const damaged: Finding[] = [];
  const present: StoredObjectRecord[] = [];
  let bytes = 0;
  for (const object of point.objects) {
    const size = listed.get(object.key);
    if (size === object.bytes) {
      present.push(object);
      bytes += size;
    } else {
      const actual = size === undefined ? "the object is missing" : `${size} bytes`;
      damaged.push({ subject: object.key, verdict: "failed", expected: `${object.bytes} bytes`, actual });
    }
  }
  if (damaged.length > 0) return { damaged, present };
  const count = `${present.length} objects with the recorded sizes`;
  return { damaged: [{ subject: point.objectPrefix, verdict: "passed", expected: count, actual: count, evidence: { objects: present.length, bytes } }], present };
}

/** Objects of the other restore points, and findings about manifests that cannot be read. */
async function readOlder(reader: ObjectReader, point: RestorePointObjects): Promise<{ objects: StoredObjectRecord[]; damaged: Finding[] }> {
  const objects: StoredObjectRecord[] = [];
  const damaged: Finding[] = [];
  for (const older of point.older) {
    try {
      objects.push(...await objectsOfManifest(reader, older));
    } catch (error) {
      if (!(error instanceof HoldfastError) || !DAMAGE.has(error.code)) throw error;
      damaged.push({ subject: older.manifestKey, verdict: "failed", expected: `the manifest of ${older.runId} as written`, actual: `${error.code}: ${error.message}` });
    }
  }
  return { objects, damaged };
}

async function checkContents(
  reader: ObjectReader,
  point: RestorePointObjects,
  present: readonly StoredObjectRecord[],
  maxBytes: number,
): Promise<Finding[]> {
  const older = await readOlder(reader, point);
  const objects = [...present, ...older.objects];
  const { share } = point;
  const { chosen, unread, bytes, next } = chooseObjects(objects, share, maxBytes);
  const queue = [...chosen];
  const damaged: Finding[] = [];
  const work = async (): Promise<void> => {
    for (let object = queue.shift(); object !== undefined; object = queue.shift()) {
      const problem = await readBack(reader, object);
      if (problem !== undefined) damaged.push(problem);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const limit = unread === 0 ? "" : `; ${unread} more of this share did not fit into ${maxBytes} bytes and come next`;
  // The mark that this share was read, which decides what the next verification reads.
  const evidence = { share: share.index, share_of: share.of, next, read: chosen.length, unread_of_share: unread, bytes, restore_points: 1 + point.older.length };
  if (damaged.length > 0) return [...older.damaged, ...damaged.map((finding) => ({ ...finding, evidence }))];
  return [...older.damaged, {
    subject: "contents",
    verdict: "passed",
    expected: `1 in ${share.of} objects read back with the recorded hash`,
    actual: `${chosen.length} of ${objects.length} objects read back with the recorded hash${limit}`,
    evidence,
  }];
}

/** Undefined when the object is as recorded. */
async function readBack(reader: ObjectReader, object: StoredObjectRecord): Promise<Finding | undefined> {
  const expected = `sha256 ${object.sha256}`;
  try {
    const sha256 = await sha256Hex(await reader.getObject(object.key));
    if (sha256 === object.sha256) return undefined;
    return { subject: object.key, verdict: "failed", expected, actual: `sha256 ${sha256}` };
  } catch (error) {
    if (!(error instanceof HoldfastError) || !DAMAGE.has(error.code)) throw error;
    return { subject: object.key, verdict: "failed", expected, actual: `${error.code}: ${error.message}` };
  }
}
