import { askForThaw, type ThawStorage } from "../functions/_shared/restore/ask_for_thaw.ts";
import { describeAmount, summarizeFrozen, usualThawTime } from "../functions/_shared/restore/describe_frozen.ts";
import type { ArchivedObject } from "../functions/_shared/restore/list_archived.ts";
import { type ThawProgress, waitForThaw } from "../functions/_shared/restore/wait_for_thaw.ts";
import { formatBytes, formatDuration } from "../functions/_shared/report/format_quantity.ts";
import { describeUsualTime, type UsualTime } from "../functions/_shared/s3/retrieval_tiers.ts";
import type { CommandContext, ExitCode } from "./command_context.ts";
import type { ThawRequest } from "./thaw_options.ts";

/** How the thawing of a run stands. */
export interface Thawed {
  /** False: asked for, and not to be waited for. */
  readonly readable: boolean;
  /** Everything that was found frozen. */
  readonly objects: number;
  readonly bytes: number;
  readonly pendingObjects: number;
  readonly pendingBytes: number;
  readonly usual: UsualTime | null;
  readonly seconds: number;
}

/** Asked for, and nothing was read yet: call again. */
export const ASKED: ExitCode = 12;

/**
 * Has objects thawed, stage by stage: what the next stage needs may be told by objects of the one before. Without waiting it
 * ends with the first stage that is not readable yet.
 *
 * @throws {HoldfastError} HF604, HF605, HF501, HF2xx; and whatever a stage throws.
 */
export async function thawFirst(context: CommandContext, s3: ThawStorage, request: ThawRequest, stages: readonly (() => Promise<ArchivedObject[]>)[]): Promise<Thawed> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  let objects = 0;
  let bytes = 0;
  for (const stage of stages) {
    const frozen = await context.withProgress("Looking for archived objects", stage);
    if (frozen.length === 0) continue;
    const amount = summarizeFrozen(frozen);
    objects += amount.objects;
    bytes += amount.bytes;
    const pending = await context.withProgress("Asking for archived objects", (update) =>
      askForThaw(s3, frozen, request, (done) => update(`Asking for archived objects: ${done} of ${frozen.length}`)));
    const usual = usualThawTime(frozen, request.tier);
    const takes = usual === null ? "" : `, which usually takes ${describeUsualTime(usual)}`;
    context.note(`Asked for ${describeAmount(amount)} in ${amount.byClass.map((one) => one.storageClass).join(" and ")} with tier ${request.tier}${takes}.`);
    if (pending.length === 0) continue;
    if (!request.wait) {
      const left = summarizeFrozen(pending);
      return { readable: false, objects, bytes, pendingObjects: left.objects, pendingBytes: left.bytes, usual, seconds: seconds() };
    }
    await context.withProgress("Thawing", (update) => waitForThaw(s3, pending, { ...request, onProgress: (progress) => update(describeThawProgress(progress, usual)) }));
    context.note(`Thawed in ${formatDuration(seconds())}.`);
  }
  return { readable: true, objects, bytes, pendingObjects: 0, pendingBytes: 0, usual: null, seconds: objects === 0 ? 0 : seconds() };
}

/** One line: how much of it, for how long, and how long it usually takes. */
export function describeThawProgress({ objects, bytes, readyObjects, readyBytes, elapsedSeconds }: ThawProgress, usual: UsualTime | null): string {
  return `Thawing: ${readyObjects} of ${objects} objects, ${formatBytes(readyBytes)} of ${formatBytes(bytes)}, for ${formatDuration(elapsedSeconds)}${usual === null ? "" : `; usually ${describeUsualTime(usual)}`}`;
}

/** What a command says of it in its JSON; null where nothing was archived. */
export function thawJson(thawed: Thawed | null, request: ThawRequest | null): unknown {
  if (thawed === null || request === null || thawed.objects === 0) return null;
  return {
    objects: thawed.objects, bytes: thawed.bytes, pending_objects: thawed.pendingObjects, pending_bytes: thawed.pendingBytes,
    tier: request.tier, days: request.days, usual_seconds: thawed.usual?.mostSeconds ?? null, seconds: Math.round(thawed.seconds * 1000) / 1000,
  };
}

/** Says that objects were asked for and nothing was done with them yet. */
export function reportAsked(context: CommandContext, runId: string, thawed: Thawed, request: ThawRequest): ExitCode {
  if (context.options.json) context.printJson({ run_id: runId, thaw: thawJson(thawed, request) });
  else {
    const usual = thawed.usual === null ? "" : ` Usually they are there ${thawed.usual.leastSeconds === null ? "" : "after "}${describeUsualTime(thawed.usual)}.`;
    context.print(`Run ${runId}: ${describeAmount({ objects: thawed.pendingObjects, bytes: thawed.pendingBytes })} being thawed.${usual} Call the same again then; nothing was written.`);
  }
  return ASKED;
}
