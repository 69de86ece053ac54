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
 * A random restore point within the window; those come first that have been tried least, so that all are tried in the end.
 *
 * @throws {HoldfastError} HF500 if there is none.
 */
export function chooseRestorePoint(backups: readonly ListedBackup[], options: ChooseRestorePointOptions): ListedBackup {
  const young = backups.filter(({ runId }) => options.now.getTime() - runTime(runId).getTime() <= options.windowDays * DAY_MS);
  const least = Math.min(...young.map(({ proofKeys }) => proofKeys.length));
  const candidates = young.filter(({ proofKeys }) => proofKeys.length === least);
  const chosen = candidates[Math.floor(options.random * candidates.length)];
  if (chosen !== undefined) return chosen;
  throw new HoldfastError("HF500", `There is no restore point of the last ${options.windowDays} days`, {
    detail: `The bucket holds ${backups.length} older ones.`, hint: "Widen the window with --within, or name a run with --from." });
}
