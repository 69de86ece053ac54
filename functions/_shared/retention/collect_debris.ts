import { MANIFEST_NAME } from "../export/write_manifest.ts";
import type { RetentionLedger } from "./retention_ledger.ts";
import { sweepPrefix, type SweepBudget, type SweepStorage } from "./sweep_prefix.ts";

export interface DebrisReport {
  /** Folders that were emptied. */
  folders: string[];
  objects: number;
  bytes: number;
  /** Folders with a manifest that the ledger does not know: backups of a ledger that was lost. Never deleted. */
  unknownBackups: string[];
  /** False when the budget was spent before the end. */
  complete: boolean;
}

const RUN_FOLDER = /(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{6}\/$/;

/** When a run began, as its folder is called; null when this is no folder of a run. */
function begunAt(folder: string): number | null {
  const parts = RUN_FOLDER.exec(folder)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * Deletes what killed workers and lost ledgers left below this project: folders of runs that the ledger does not know, or knows as
 * deleted, with nothing in them younger than backup.settings.retention_debris_age. A folder with a manifest is a backup, whoever made
 * it: a ledger that was lost with its database must not cost the backups it made.
 *
 * @throws {HoldfastError} HF2xx as the storage refuses it.
 */
export async function collectDebris(s3: SweepStorage, ledger: RetentionLedger, budget: SweepBudget, wallClock: () => number = Date.now): Promise<DebrisReport> {
  const report: DebrisReport = { folders: [], objects: 0, bytes: 0, unknownBackups: [], complete: true };
  const { project, ageMs } = await ledger.debrisRules([]);
  const root = `${s3.prefix === "" ? "" : `${s3.prefix}/`}${project}/runs/`;
  const oldest = wallClock() - ageMs;
  const folders: string[] = [];
  for await (const folder of s3.listFolders(root)) {
    const begun = begunAt(folder);
    if (begun !== null && begun < oldest) folders.push(folder);
  }
  const { inUse } = await ledger.debrisRules(folders.map(runOf));
  for (const folder of folders) {
    if (inUse.has(runOf(folder))) continue;
    if (budget.objects <= 0 || budget.now() >= budget.until) {
      report.complete = false;
      break;
    }
    if (await s3.headObject(folder + MANIFEST_NAME) !== null) {
      report.unknownBackups.push(runOf(folder));
      continue;
    }
    if (await hasYoung(s3, folder, oldest)) continue;
    const swept = await sweepPrefix(s3, folder, budget, () => Promise.resolve(true));
    if (swept.error !== null) throw swept.error;
    report.objects += swept.objects;
    report.bytes += swept.bytes;
    if (swept.outcome === "done") report.folders.push(runOf(folder));
    else if (swept.outcome === "more") report.complete = false;
  }
  return report;
}

const runOf = (folder: string): string => folder.slice(0, -1).split("/").at(-1) ?? "";

async function hasYoung(s3: SweepStorage, folder: string, oldest: number): Promise<boolean> {
  for await (const { lastModified } of s3.listObjects(folder)) {
    if (lastModified.getTime() >= oldest) return true;
  }
  return false;
}
