import { HoldfastError } from "../errors/holdfast_error.ts";
import { formatBytes, formatCount } from "../report/format_quantity.ts";
import { describeTiers, type RetrievalTier, usualTime, type UsualTime } from "../s3/retrieval_tiers.ts";
import type { ArchivedObject } from "./list_archived.ts";

export interface FrozenSummary {
  objects: number;
  bytes: number;
  byClass: { storageClass: string; objects: number; bytes: number }[];
}

export function summarizeFrozen(frozen: readonly ArchivedObject[]): FrozenSummary {
  const byClass = new Map<string, { storageClass: string; objects: number; bytes: number }>();
  for (const { storageClass, bytes } of frozen) {
    const one = byClass.get(storageClass) ?? { storageClass, objects: 0, bytes: 0 };
    byClass.set(storageClass, { storageClass, objects: one.objects + 1, bytes: one.bytes + bytes });
  }
  return { objects: frozen.length, bytes: frozen.reduce((sum, one) => sum + one.bytes, 0), byClass: [...byClass.values()].sort((a, b) => (a.storageClass < b.storageClass ? -1 : 1)) };
}

/** How long all of them usually take: as long as the slowest class. Null where one of them does not offer the tier. */
export function usualThawTime(frozen: readonly Pick<ArchivedObject, "storageClass">[], tier: RetrievalTier): UsualTime | null {
  let slowest: UsualTime | null = null;
  for (const storageClass of new Set(frozen.map((one) => one.storageClass))) {
    const usual = usualTime(storageClass, tier);
    if (usual === null) return null;
    if (slowest === null || usual.mostSeconds > slowest.mostSeconds) slowest = usual;
  }
  return slowest;
}

/** "12 objects (3.4 MiB)" */
export function describeAmount({ objects, bytes }: Pick<FrozenSummary, "objects" | "bytes">): string {
  return `${formatCount(objects)} ${objects === 1 ? "object" : "objects"} (${formatBytes(bytes)})`;
}

/** How much is in which class, and how long each retrieval tier usually takes. */
export function describeFrozen(frozen: readonly ArchivedObject[]): string {
  return summarizeFrozen(frozen).byClass
    .map(({ storageClass, ...amount }) => `${describeAmount(amount)} in ${storageClass}, which usually takes: ${describeTiers(storageClass)}.`).join(" ");
}

/** HF603, with how much is archived and what to do about it. */
export function archivedError(runId: string, frozen: readonly ArchivedObject[]): HoldfastError {
  return new HoldfastError("HF603", `Cannot read run ${runId} as ${describeAmount(summarizeFrozen(frozen))} of it ${frozen.length === 1 ? "is" : "are"} archived`, {
    detail: describeFrozen(frozen),
    hint: "Add --thaw to have them thawed and wait for it (--thaw-tier says how fast, --no-wait that you come back later). Or use a run that is not archived.",
  });
}
