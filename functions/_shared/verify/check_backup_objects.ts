import { HoldfastError } from "../errors/holdfast_error.ts";
import { COMMAND_READS, mostStored, type ReadLimits } from "../restore/read_limits.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import { comparePresence, isArchivedError, listFacts, partArchived } from "./archived_objects.ts";
import { chooseObjects } from "./choose_objects.ts";
import type { ObjectReader, ObjectStorage } from "./object_storage.ts";
import { objectsOfManifest } from "./objects_of_manifest.ts";
import type { OlderRestorePoint, RestorePointObjects, StoredObjectRecord } from "./restore_point_objects.ts";
import type { Finding } from "./verdict.ts";

export interface CheckBackupObjectsOptions {
  /** Bytes read back at most: hashing costs CPU, of which a function has one second. */
  maxBytes: number;
  /** What is taken into memory of one object; without, what the command takes. */
  reads?: ReadLimits;
}

/** Named one by one up to here; an emptied bucket must not fill the ledger. */
const MAX_NAMED = 100;
const CONCURRENCY = 3;

/** What a storage error says about the backup itself; any other means that the check could not look. */
const DAMAGE = new Set(["HF201", "HF204", "HF207", "HF209", "HF306"]);

/**
 * Compares the bucket with the ledger: of the newest restore point the manifest by its hash and every object by presence and
 * size; of all restore points a rotating share of the objects by their hash, so that every object is read exactly once in as
 * many verifications as there are shares, or in as many more as the byte budget makes of them. What is archived cannot be read: it
 * is looked for in a listing with its size, has no turn, and is answered with skipped, never with passed.
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
  const archive = new Archive();
  try {
    findings.push(await checkManifest(reader, point));
    const { damaged, present } = await checkPresence(reader, point, archive);
    findings.push(...damaged);
    findings.push(...(await checkContents(reader, point, present, options, archive)));
    findings.push(...archive.findings());
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

/** What was met that cannot be read. */
class Archive {
  #objects = 0;
  #bytes = 0;
  readonly #runs = new Set<string>();
  /** A manifest in an archive hides which objects there should be. */
  readonly #manifests: Finding[] = [];

  get objects(): number {
    return this.#objects;
  }

  add(run: string, objects: readonly StoredObjectRecord[]): void {
    if (objects.length > 0) this.#runs.add(run);
    this.#objects += objects.length;
    this.#bytes += objects.reduce((sum, one) => sum + one.bytes, 0);
  }

  addManifest(runId: string, subject: string, objects: number): void {
    this.#manifests.push({ subject, verdict: "skipped", expected: `the manifest of ${runId} as written`,
      actual: `it is archived, so that neither it nor the ${objects} objects of its run were compared` });
  }

  findings(): Finding[] {
    if (this.#objects === 0) return this.#manifests;
    return [...this.#manifests, {
      subject: "archived objects", verdict: "skipped", expected: "every object read back in its turn",
      actual: `${this.#objects} objects of ${this.#runs.size} restore points are archived: they are there with the recorded sizes, and were not read`,
      evidence: { objects: this.#objects, bytes: this.#bytes, restore_points: this.#runs.size },
    }];
  }
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
  const problem = await readBack(reader, { key: subject, sha256: point.manifestSha256, bytes: point.manifestBytes ?? COMMAND_READS.manifestBytes });
  if (problem === "archived") return { subject, verdict: "skipped", expected: "the manifest as written", actual: "it is archived and was not read" };
  return problem ?? { subject, verdict: "passed", expected: "the manifest as written", actual: "the manifest as written", evidence: { sha256: point.manifestSha256 } };
}

async function checkPresence(
  reader: ObjectReader,
  point: RestorePointObjects,
  archive: Archive,
): Promise<{ damaged: Finding[]; present: StoredObjectRecord[] }> {
  const listed = await listFacts(reader, point.objectPrefix);
  const damaged: Finding[] = [];
  const present: StoredObjectRecord[] = [];
  for (const object of point.objects) {
    const problem = comparePresence(object, listed);
    if (problem === undefined) present.push(object);
    else damaged.push(problem);
  }
  const { readable, archived } = await partArchived(reader, present, listed);
  archive.add(point.runId, archived);
  if (damaged.length > 0) return { damaged, present: readable };
  const count = `${present.length} objects with the recorded sizes`;
  const bytes = present.reduce((sum, one) => sum + one.bytes, 0);
  return { damaged: [{ subject: point.objectPrefix, verdict: "passed", expected: count, actual: count, evidence: { objects: present.length, bytes } }], present: readable };
}

/** Objects of the other restore points, and findings about manifests that cannot be read. */
async function readOlder(reader: ObjectReader, point: RestorePointObjects, archive: Archive, reads: ReadLimits): Promise<{ objects: StoredObjectRecord[]; damaged: Finding[] }> {
  const objects: StoredObjectRecord[] = [];
  const damaged: Finding[] = [];
  for (const older of point.older) {
    try {
      const named = await objectsOfManifest(reader, older, reads);
      const { readable, damaged: lost } = older.archived ? await lookAtArchived(reader, older, named, archive) : { readable: named, damaged: [] };
      for (const one of readable) objects.push(one);
      damaged.push(...lost);
    } catch (error) {
      if (isArchivedError(error)) {
        archive.addManifest(older.runId, older.manifestKey, (await listFacts(reader, older.objectPrefix)).size);
        continue;
      }
      if (!(error instanceof HoldfastError) || !DAMAGE.has(error.code)) throw error;
      // The ledger does not know how long this one is, so it may be as it was written.
      if (error.code === "HF209") {
        damaged.push({ subject: older.manifestKey, verdict: "inconclusive", expected: `the manifest of ${older.runId} as written`, actual: `${error.code}: ${error.message}. Run holdfast verify, which takes more` });
        continue;
      }
      damaged.push({ subject: older.manifestKey, verdict: "failed", expected: `the manifest of ${older.runId} as written`, actual: `${error.code}: ${error.message}` });
    }
  }
  return { objects, damaged };
}

/** The listing is all that will ever be seen of archived objects, so each of them is compared with it. */
async function lookAtArchived(
  reader: ObjectReader,
  older: OlderRestorePoint,
  objects: readonly StoredObjectRecord[],
  archive: Archive,
): Promise<{ readable: StoredObjectRecord[]; damaged: Finding[] }> {
  const listed = await listFacts(reader, older.objectPrefix);
  const damaged = objects.flatMap((one) => comparePresence(one, listed) ?? []);
  const lost = new Set(damaged.map(({ subject }) => subject));
  const { readable, archived } = await partArchived(reader, objects.filter(({ key }) => !lost.has(key)), listed);
  archive.add(older.runId, archived);
  return { readable, damaged };
}

async function checkContents(
  reader: ObjectReader,
  point: RestorePointObjects,
  present: readonly StoredObjectRecord[],
  { maxBytes, reads = COMMAND_READS }: CheckBackupObjectsOptions,
  archive: Archive,
): Promise<Finding[]> {
  const older = await readOlder(reader, point, archive, reads);
  const most = mostStored(reads.chunkBytes);
  const all = [...present, ...older.objects];
  const objects = all.filter(({ bytes }) => bytes <= most);
  if (objects.length < all.length) {
    older.damaged.push({ subject: "large objects", verdict: "skipped", expected: "every object read back in its turn",
      actual: `${all.length - objects.length} objects have more than ${most} bytes, which is more than an Edge Function takes, and were not read; holdfast verify reads them` });
  }
  const { share } = point;
  const { chosen, unread, bytes, next } = chooseObjects(objects, share, maxBytes);
  const queue = [...chosen];
  const damaged: Finding[] = [];
  const archived: StoredObjectRecord[] = [];
  const work = async (): Promise<void> => {
    for (let object = queue.shift(); object !== undefined; object = queue.shift()) {
      const problem = await readBack(reader, object);
      if (problem === "archived") archived.push(object);
      else if (problem !== undefined) damaged.push(problem);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const limit = unread === 0 ? "" : `; ${unread} more of this share did not fit into ${maxBytes} bytes and come next`;
  // Moved into the archive by others than Holdfast.
  for (const run of [point, ...point.older]) {
    const own = archived.filter(({ key }) => key.startsWith(run.objectPrefix));
    if (own.length === 0) continue;
    const listed = await listFacts(reader, run.objectPrefix);
    damaged.push(...own.flatMap((one) => comparePresence(one, listed) ?? []));
    archive.add(run.runId, own.filter((one) => comparePresence(one, listed) === undefined));
  }
  const read = chosen.length - archived.length;
  // The mark that this share was read, which decides what the next verification reads.
  const evidence = { share: share.index, share_of: share.of, next, read, unread_of_share: unread, bytes, restore_points: 1 + point.older.length };
  if (damaged.length > 0) return [...older.damaged, ...damaged.map((finding) => ({ ...finding, evidence }))];
  return [...older.damaged, {
    subject: "contents",
    // Nothing was read because it could not be: that has shown nothing.
    verdict: read === 0 && archive.objects > 0 ? "skipped" : "passed",
    expected: `1 in ${share.of} objects read back with the recorded hash`,
    actual: `${read} of ${objects.length} objects read back with the recorded hash${limit}`,
    evidence,
  }];
}

/** Undefined when the object is as recorded. */
async function readBack(reader: ObjectReader, object: StoredObjectRecord): Promise<Finding | "archived" | undefined> {
  const expected = `sha256 ${object.sha256}`;
  try {
    const sha256 = await sha256Hex(await reader.getObject(object.key, { maxBytes: object.bytes }));
    if (sha256 === object.sha256) return undefined;
    return { subject: object.key, verdict: "failed", expected, actual: `sha256 ${sha256}` };
  } catch (error) {
    if (isArchivedError(error)) return "archived";
    if (!(error instanceof HoldfastError) || !DAMAGE.has(error.code)) throw error;
    return { subject: object.key, verdict: "failed", expected, actual: `${error.code}: ${error.message}` };
  }
}
