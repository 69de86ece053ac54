import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { S3Client } from "../s3/s3_client.ts";
import { Ledger } from "./ledger.ts";
import { makeContext } from "./make_context.ts";
import { waitForSnapshot } from "./wait_for_snapshot.ts";
import { workOnRun, type WorkerReport } from "./work_on_run.ts";

const MIB = 1024 * 1024;

/**
 * A function has 256 MB for runtime, rows, their compressed copy and the copy that is being sent, and its CPU time allows
 * for about this many facts.
 */
const FUNCTION_LIMITS = { maxChunkBytes: 32 * MIB, maxRowBytes: 32 * MIB, maxRenderedFacts: 2000 };

/**
 * Measured with rows that do not compress: 22 MiB of text and its encryption reach 233 to 264 MB, 18 MiB stay below 230.
 */
const ENCRYPTED_LIMITS = { ...FUNCTION_LIMITS, maxChunkBytes: 18 * MIB, maxRowBytes: 18 * MIB };

/**
 * Of the bytes a worker may take on. The last claim is taken as long as anything is left, and encrypting makes one of rows that do
 * not compress cost nearly twice what a worker may count on.
 */
const SHARE_WHEN_ENCRYPTED = 0.6;

/**
 * One function invocation's share of a run: waits for the snapshot, works until the budget of backup.settings is spent,
 * and hands over to a fresh invocation when something is left to claim. The first one starts the others once there is
 * a plan.
 *
 * @param recipients whom a run is encrypted to that has not decided it.
 * @throws {HoldfastError} HF001, HF003, HF700; a lost database connection is thrown as it is.
 */
export async function runWorker(
  client: Client, s3: S3Client, runId: string, worker: string, recipients: () => readonly string[],
): Promise<WorkerReport | null> {
  const ledger = new Ledger(client);
  const settings = await ledger.settings();
  const hooks = { now: () => performance.now(), sleep: async (ms: number) => { await sleep(ms); } };
  // Longer than a budget, because waiting costs no CPU and an old pg_cron starts the keeper at the next full minute.
  const snapshotId = await waitForSnapshot(ledger, runId, settings.worker_seconds * 1000 + 15_000, hooks);
  if (snapshotId === null) return null;

  const made = await makeContext(client, s3, runId, worker, snapshotId, FUNCTION_LIMITS, recipients);
  const context = made.recipients.length > 0 ? { ...made, ...ENCRYPTED_LIMITS } : made;
  const report = await workOnRun(context, {
    maxBytes: context.recipients.length > 0 ? Math.floor(settings.worker_bytes * SHARE_WHEN_ENCRYPTED) : settings.worker_bytes, maxMs: settings.worker_seconds * 1000, claimBytes: settings.chunk_bytes, schemaAlone: true,
  }, { ...hooks, onPlanned: async () => { await ledger.handOver(runId, settings.workers - 1); } });
  if (report.outcome === "budget") await ledger.handOver(runId, 1);
  return report;
}
