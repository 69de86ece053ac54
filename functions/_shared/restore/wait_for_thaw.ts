import { HoldfastError } from "../errors/holdfast_error.ts";
import { mayPass } from "../errors/may_pass.ts";
import { type Clock, systemClock } from "../s3/retry.ts";
import type { ThawOptions, ThawStorage } from "./ask_for_thaw.ts";
import { usualThawTime } from "./describe_frozen.ts";
import { keepFrozen } from "./keep_frozen.ts";
import type { ArchivedObject } from "./list_archived.ts";
import { sideBySide } from "./side_by_side.ts";

export interface ThawProgress {
  objects: number;
  bytes: number;
  readyObjects: number;
  readyBytes: number;
  elapsedSeconds: number;
}

const PARALLEL = 8;
const FIRST_MS = 1_000;
const SLICE_MS = 5_000;
const LONGEST_MS = 15 * 60_000;
/** Rounds in which the storage was away, one after the other, before it is given up. */
const PATIENCE = 5;

/**
 * Waits until all objects can be read. Looks often at first, since some storage is fast, and then less and less often: at most
 * a sixtieth of the usual time apart. A copy that is gone before the last one is there is asked for again.
 *
 * @throws {HoldfastError} HF501 an object is missing, HF2xx the storage refuses, or has been away for several rounds.
 */
export async function waitForThaw(
  s3: ThawStorage, pending: readonly ArchivedObject[], options: ThawOptions & { clock?: Clock; signal?: AbortSignal; onProgress?(progress: ThawProgress): void },
): Promise<void> {
  const clock = options.clock ?? systemClock;
  const started = clock.now();
  const waiting = new Set(pending);
  const sum = (objects: Iterable<ArchivedObject>): number => [...objects].reduce((total, one) => total + one.bytes, 0);
  const bytes = sum(pending);
  const report = (): void => options.onProgress?.({
    objects: pending.length, bytes, readyObjects: pending.length - waiting.size, readyBytes: bytes - sum(waiting), elapsedSeconds: (clock.now() - started) / 1000 });
  const usual = usualThawTime(pending, options.tier);
  const longest = Math.min(LONGEST_MS, ((usual?.mostSeconds ?? 3600) * 1000) / 60);
  let delay = FIRST_MS;
  let away = 0;
  while (waiting.size > 0) {
    for (const until = clock.now() + delay; clock.now() < until;) {
      report();
      await clock.sleep(Math.min(SLICE_MS, until - clock.now()), options.signal);
    }
    delay = Math.min(delay * 2, longest);
    try {
      await sideBySide([...waiting], PARALLEL, async (one) => {
        if (await isReadable(s3, one, options)) waiting.delete(one);
      });
      away = 0;
    } catch (error) {
      if (!mayPass(error) || ++away >= PATIENCE) throw error;
    }
    report();
  }
}

async function isReadable(s3: ThawStorage, one: ArchivedObject, { tier, days }: ThawOptions): Promise<boolean> {
  const found = await s3.headObject(one.key);
  if (found === null) throw new HoldfastError("HF501", `Object "${one.key}" is missing`, { detail: "It was there when it was asked for.", hint: "Restore from another run." });
  if (found.thaw !== null) return !found.thaw.ongoing;
  // Nothing is known of the request: the copy is gone again, or this server does not say.
  if ((await keepFrozen(s3, [one])).length === 0) return true;
  return await s3.restoreObject(one.key, { tier, days }) === "readable";
}
