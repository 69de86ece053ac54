import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { closeClient } from "../database/close_client.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { isConnectionLoss } from "../errors/is_connection_loss.ts";
import type { S3Client } from "../s3/s3_client.ts";
import type { Compress } from "./compress.ts";
import { holdSnapshot } from "./hold_snapshot.ts";
import { Ledger, type RunProgress } from "./ledger.ts";
import { makeContext } from "./make_context.ts";
import { Naps } from "./naps.ts";
import { type CompletedRun, readCompletedRun } from "./read_completed_run.ts";
import { waitForSnapshot } from "./wait_for_snapshot.ts";
import { workOnRun } from "./work_on_run.ts";

const MIB = 1024 * 1024;

/** Keeps the process below 250 MB with two workers, each holding rows, their compressed copy and a growing buffer; below 300 when the rows do not compress. */
const COMMAND_LIMITS = { maxChunkBytes: 32 * MIB, maxRowBytes: 1024 * MIB, maxRenderedFacts: Infinity };

/** Some chunks at a time, so that one is copied while others are on their way. */
const CLAIM_BYTES = 32 * MIB;

/** Of what is left, so that no worker is left alone with the last chunks for long, but no less than is worth a round trip. */
function claimBytes(bytesLeft: number, workers: number): number {
  return Math.max(MIB, Math.min(CLAIM_BYTES, Math.floor(bytesLeft / (2 * workers))));
}

const POLL_MS = 300;

export interface ExportBackupOptions {
  /** Opens a session with the database to back up; called once per worker and for keeper and progress. */
  connect(applicationName: string): Promise<Client>;
  s3: S3Client;
  workers: number;
  tier: "daily" | "weekly" | "monthly" | null;
  /** Public keys to encrypt to; none: objects are not encrypted. */
  recipients?: readonly string[];
  /** Packs rows; by default zlib does. */
  compressRows?: Compress | undefined;
  onStarted?(runId: string): void;
  onProgress?(progress: RunProgress): void;
}

export interface ExportBackupResult extends CompletedRun {
  seconds: number;
}

/** How a run stands, for those who work on it. */
interface Course {
  naps: Naps;
  /** Estimated, when it was asked for last. */
  bytesLeft: number;
}

function look(course: Course, { bytes_total: total, bytes_done: done }: RunProgress): void {
  // Nothing is known before there is a plan.
  course.bytesLeft = total > 0 ? total - done : Infinity;
}

/** Works until the run has ended; a lost session is replaced as long as the run is alive. */
async function workToTheEnd(options: ExportBackupOptions, runId: string, snapshotId: string, worker: string, course: Course): Promise<void> {
  const { naps } = course;
  let losses = 0;
  for (;;) {
    const client = await options.connect(`holdfast ${worker}`);
    try {
      const made = await makeContext(client, options.s3, runId, worker, snapshotId, COMMAND_LIMITS, () => options.recipients ?? []);
      const context = { ...made, compressRows: options.compressRows };
      const budget = {
        maxBytes: Infinity, maxMs: Infinity, schemaAlone: false,
        get claimBytes() { return claimBytes(course.bytesLeft, options.workers); },
      };
      const hooks = {
        now: () => performance.now(), sleep: async (ms: number) => { await sleep(ms); },
        onPlanned: async () => {
          look(course, await context.ledger.progress(runId));
          naps.wake();
        },
      };
      while ((await workOnRun(context, budget, hooks)).outcome !== "ended") await naps.sleep(POLL_MS);
      naps.wake();
      return;
    } catch (error) {
      if (!isConnectionLoss(error) || ++losses > 5) throw error;
      await sleep(500 * losses);
      // Says whether the snapshot has survived, and ends the run when it has not.
      const probe = await options.connect(`holdfast ${worker}`);
      try {
        if (await new Ledger(probe).beginExport(runId) === null) return;
      } catch (ended) {
        // Perhaps by the very statement whose answer was lost; the ledger tells how.
        if (ended instanceof HoldfastError && ended.code === "HF003") return;
        throw ended;
      } finally {
        await closeClient(probe);
      }
    } finally {
      await closeClient(client);
    }
  }
}

async function watch(ledger: Ledger, runId: string, options: ExportBackupOptions, course: Course, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    const progress = await ledger.progress(runId);
    look(course, progress);
    options.onProgress?.(progress);
    if (progress.state !== "exporting" && progress.state !== "starting") return;
    await sleep(POLL_MS, undefined, { signal: stopped }).catch(() => undefined);
  }
}

/**
 * The whole export in one process and without the budgets of a function: keeper, workers and progress each on a session of
 * their own. When the process dies the keeper dies with it, and the run fails as soon as anybody looks.
 *
 * @throws {HoldfastError} HF002 another run is active, or the code the run failed with.
 */
export async function exportBackup(options: ExportBackupOptions): Promise<ExportBackupResult> {
  const started = performance.now();
  const client = await options.connect("holdfast backup");
  const ledger = new Ledger(client);
  const stop = new AbortController();
  try {
    const runId = await ledger.startRun("cli", "cli", options.tier, options.s3.prefix);
    options.onStarted?.(runId);
    const keeper = await holdSnapshot(options.connect, runId);
    const course = { naps: new Naps(), bytesLeft: Infinity };
    const watching = watch(ledger, runId, options, course, stop.signal);
    // A failing watch only costs progress; readCompletedRun() asks again.
    watching.catch(() => undefined);
    try {
      const hooks = { now: () => performance.now(), sleep: async (ms: number) => { await sleep(ms); } };
      const opener = await options.connect("holdfast backup");
      const waiting = waitForSnapshot(new Ledger(opener), runId, 60_000, hooks).finally(() => closeClient(opener));
      const snapshotId = await Promise.race([waiting, keeper.failed]);
      if (snapshotId !== null) {
        const work = Array.from({ length: options.workers }, (_, n) => workToTheEnd(options, runId, snapshotId, `worker-${n + 1}`, course));
        const failed = (await Promise.allSettled(work)).find((one) => one.status === "rejected");
        if (failed !== undefined) throw failed.reason;
      }
      stop.abort();
      await watching.catch(() => undefined);
      const reader = await options.connect("holdfast backup");
      const run = await readCompletedRun(reader, runId).finally(() => closeClient(reader));
      return { ...run, seconds: (performance.now() - started) / 1000 };
    } catch (error) {
      await giveUp(options, runId, error);
      throw error;
    } finally {
      stop.abort();
      await keeper.release();
    }
  } finally {
    await closeClient(client);
  }
}

/** Ends a run this process can no longer finish, so that the next one need not wait for it. */
async function giveUp(options: ExportBackupOptions, runId: string, error: unknown): Promise<void> {
  const code = error instanceof HoldfastError ? error.code : "XX000";
  const message = error instanceof HoldfastError ? error.message : "the command stopped with an unexpected error";
  try {
    const client = await options.connect("holdfast backup");
    await new Ledger(client).fail(runId, code, message, null).finally(() => closeClient(client));
  } catch {
    // The database is out of reach; the dead keeper tells the next caller.
  }
}
