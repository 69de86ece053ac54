import { collectDebris, type DebrisReport } from "./collect_debris.ts";
import { RetentionLedger } from "./retention_ledger.ts";
import { sweepPrefix, type SweepBudget, type Swept, type SweepStorage } from "./sweep_prefix.ts";
import type { Queryable } from "../database/queryable.ts";

export interface SweptRun {
  runId: string;
  outcome: Swept["outcome"];
  objects: number;
  bytes: number;
  lockedUntil: string | null;
  errorCode: string | null;
}

export interface RetentionReport {
  marked: number;
  unmarked: number;
  runs: SweptRun[];
  debris: DebrisReport | null;
  /** False when the budget was spent: another call goes on. */
  complete: boolean;
}

export interface ApplyRetentionOptions {
  database: Queryable;
  s3: SweepStorage;
  /** Reference of the hosted project that deletes; null where there is none, as on a server of one's own. */
  projectRef: string | null;
  budget: SweepBudget;
  onProgress?(label: string): void;
}

/** Enough for a function: its CPU time allows for about this many signed requests. */
export const FUNCTION_OBJECTS = 400;
export const FUNCTION_MS = 90_000;

/**
 * Marks what the plan lets expire, deletes what was marked long enough ago, and collects debris, until the budget is spent. It can
 * be stopped at any point and called again; the ledger knows how far it came.
 *
 * @throws {HoldfastError} HF607 the ledger belongs to another project, HF600 empty policy, HF602 another process took over, HF2xx when the bucket cannot be listed for debris.
 */
export async function applyRetention({ database, s3, projectRef, budget, onProgress }: ApplyRetentionOptions): Promise<RetentionReport> {
  const ledger = new RetentionLedger(database);
  await ledger.refuseStrangers(projectRef);
  const report: RetentionReport = { ...(await ledger.mark()), runs: [], debris: null, complete: true };
  while (budget.objects > 0 && budget.now() < budget.until) {
    const claim = await ledger.claim();
    if (claim === null) {
      onProgress?.("debris");
      report.debris = await collectDebris(s3, ledger, budget);
      report.complete = report.debris.complete;
      return report;
    }
    onProgress?.(claim.run_id);
    // Renewed by taking turns: a share is deleted well within a lease, and the next claim may be of the same run.
    const share: SweepBudget = { ...budget, objects: Math.min(budget.objects, SHARE) };
    const given = share.objects;
    const swept = await sweepPrefix(s3, claim.object_prefix, share, () => ledger.begin(claim));
    budget.objects -= given - share.objects;
    const { outcome, objects, bytes, lockedUntil, error } = swept;
    if (outcome === "done") await ledger.finish(claim, objects, bytes);
    else if (outcome !== "kept") {
      await ledger.pause(claim, objects, bytes, { lockedUntil, code: error?.code ?? null, message: error?.message ?? null });
    }
    const before = report.runs.find(({ runId }) => runId === claim.run_id);
    const entry = { runId: claim.run_id, outcome, objects: objects + (before?.objects ?? 0), bytes: bytes + (before?.bytes ?? 0), lockedUntil: lockedUntil?.toISOString() ?? null, errorCode: error?.code ?? null };
    if (before === undefined) report.runs.push(entry);
    else Object.assign(before, entry);
  }
  report.complete = false;
  return report;
}

/** Objects deleted between two reports to the ledger. */
const SHARE = 1000;
