import { HoldfastError } from "../errors/holdfast_error.ts";
import type { ListedBackup } from "../restore/backup_source.ts";

export interface ChooseRestorePointOptions {
  /** Restore points older than this are left out. */
  windowDays: number;
  now: Date;
  /** From 0 to below 1. */
  random: number;
}

const DAY_MS = 86_400_000;

/** The time in a run id. */
export function runTime(runId: string): Date {
  const [, date = "", time = ""] = /^(\d{8})T(\d{6})Z/.exec(runId) ?? [];
  return new Date(`${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`);
}

/**
 * A random restore point within the window that can be read at once; those come first that have been tried least, so that all are tried in the end.
 *
 * @throws {HoldfastError} HF500 if there is none, HF603 if all of them are archived.
 */
export function chooseRestorePoint(backups: readonly ListedBackup[], options: ChooseRestorePointOptions): ListedBackup {
  const young = backups.filter(({ runId }) => options.now.getTime() - runTime(runId).getTime() <= options.windowDays * DAY_MS);
  const readable = young.filter(({ archived }) => !archived);
  if (young.length > 0 && readable.length === 0) {
    throw new HoldfastError("HF603", `Every restore point of the last ${options.windowDays} days is archived`, {
      detail: `There are ${young.length}. A random drill takes those that can be read at once.`, hint: "Name one with --from and add --thaw, or widen the window with --within." });
  }
  const least = Math.min(...readable.map(({ proofKeys }) => proofKeys.length));
  const candidates = readable.filter(({ proofKeys }) => proofKeys.length === least);
  const chosen = candidates[Math.floor(options.random * candidates.length)];
  if (chosen !== undefined) return chosen;
  throw new HoldfastError("HF500", `There is no restore point of the last ${options.windowDays} days`, {
    detail: `The bucket holds ${backups.length} older ones.`, hint: "Widen the window with --within, or name a run with --from." });
}
