import { HoldfastError } from "../errors/holdfast_error.ts";
import { MANIFEST_NAME } from "../export/write_manifest.ts";
import type { ListedObject, S3Client } from "../s3/s3_client.ts";

/** What deleting needs from the bucket. */
export type SweepStorage = Pick<S3Client, "prefix" | "headObject" | "listObjects" | "listFolders" | "deleteObject">;

/** How much one call may delete before it gives back. */
export interface SweepBudget {
  /** Objects left to delete; counted down. */
  objects: number;
  /** When to stop, in milliseconds of `now`. */
  readonly until: number;
  readonly now: () => number;
}

export interface Swept {
  /** done: nothing is left. more: the budget is spent. kept: the last question was answered with no. locked: see lockedUntil. refused: see error. */
  readonly outcome: "done" | "more" | "kept" | "locked" | "refused";
  readonly objects: number;
  readonly bytes: number;
  readonly lockedUntil: Date | null;
  readonly error: HoldfastError | null;
}

/** Whatever a ledger says: nothing is deleted but below the folder of one run of one project. */
const RUN_FOLDER = /(^|\/)[^/]+\/runs\/\d{8}T\d{6}Z-[0-9a-f]{6}\/$/;

/** Requests side by side; their cost is the round trip. */
const PARALLEL = 8;

/**
 * Deletes every object below the prefix of a run, the manifest first, so that what is left of a deletion that died never looks like
 * a backup; calling again goes on. In a bucket that keeps versions the version is deleted, as a marker would free nothing. Before
 * anything is touched a lock is looked for; `begin` is asked then and may still refuse.
 */
export async function sweepPrefix(s3: SweepStorage, prefix: string, budget: SweepBudget, begin: () => Promise<boolean>): Promise<Swept> {
  let objects = 0;
  let bytes = 0;
  const result = (outcome: Swept["outcome"], more: Partial<Swept> = {}): Swept => ({ outcome, objects, bytes, lockedUntil: null, error: null, ...more });
  const held = (until: Date | undefined): boolean => until !== undefined && until.getTime() > Date.now();
  let batch: ListedObject[] = [];
  let versioned = false;

  /** Throws a lock as it finds it. */
  const remove = async ({ key, bytes: size }: Pick<ListedObject, "key" | "bytes">, known?: string | null): Promise<void> => {
    let versionId = known;
    if (versioned && versionId === undefined) {
      const found = await s3.headObject(key);
      if (found === null) return;
      const until = found.objectLock?.retainUntil;
      if (until !== undefined && held(until)) throw new Locked(until);
      versionId = found.versionId;
    }
    await s3.deleteObject(key, versionId === null || versionId === undefined ? {} : { versionId });
    objects += 1;
    bytes += size;
    budget.objects -= 1;
  };
  const flush = async (): Promise<void> => {
    const now = batch;
    batch = [];
    const settled = await Promise.allSettled(now.map((one) => remove(one)));
    const failed = settled.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  const spent = (): boolean => budget.objects <= 0 || budget.now() >= budget.until;

  try {
    if (!RUN_FOLDER.test(prefix)) throw foreign("its prefix is not the folder of a run", prefix);
    const first = await firstOf(s3, prefix);
    if (first === null) return (await begin()) ? result("done") : result("kept");
    const until = first.found.objectLock?.retainUntil;
    if (until !== undefined && held(until)) return result("locked", { lockedUntil: until });
    // Whether versions are kept is asked of the run's own objects, as a bucket may have begun to keep them later.
    versioned = first.found.versionId !== null;
    if (!(await begin())) return result("kept");
    await remove({ key: first.found.key, bytes: first.found.bytes }, first.found.versionId);
    for await (const object of listed(s3, prefix)) {
      if (object.key === first.found.key) continue;
      if (spent()) {
        await flush();
        return result("more");
      }
      if (batch.push(object) >= PARALLEL) await flush();
    }
    await flush();
    return result("done");
  } catch (error) {
    if (error instanceof Locked) return result("locked", { lockedUntil: error.until });
    if (error instanceof HoldfastError && error.code.startsWith("HF2")) return result("refused", { error });
    throw error;
  }
}

class Locked extends Error {
  readonly until: Date;
  constructor(until: Date) {
    super("object is locked");
    this.until = until;
  }
}

function foreign(reason: string, key: string): HoldfastError {
  return new HoldfastError("HF206", `Cannot delete the objects of a run as ${reason}`, {
    detail: `"${key}"`, hint: "Nothing was deleted there. See object_prefix of the run in backup.runs, and whether the storage lists by prefix." });
}

/** What is below the prefix, and an error for what a storage lists beyond it. */
async function* listed(s3: SweepStorage, prefix: string): AsyncGenerator<ListedObject, void, undefined> {
  for await (const object of s3.listObjects(prefix)) {
    if (!object.key.startsWith(prefix)) throw foreign("the storage listed an object of something else", object.key);
    yield object;
  }
}

/** The manifest, or where there is none any object; null when nothing is left. */
async function firstOf(s3: SweepStorage, prefix: string): Promise<{ found: NonNullable<Awaited<ReturnType<SweepStorage["headObject"]>>> } | null> {
  const manifest = await s3.headObject(prefix + MANIFEST_NAME);
  if (manifest !== null) return { found: manifest };
  for await (const { key } of listed(s3, prefix)) {
    const found = await s3.headObject(key);
    if (found !== null) return { found };
  }
  return null;
}
