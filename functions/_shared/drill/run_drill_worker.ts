import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { closeClient } from "../database/close_client.ts";
import type { AgeIdentities } from "../encryption/age_identities.ts";
import type { Backup, BackupStorage } from "../restore/backup_source.ts";
import { prepareSession } from "../restore/prepare_session.ts";
import { unsealBackup } from "../restore/unseal_backup.ts";
import type { DrillContext, StepOutcome } from "./drill_context.ts";
import { type ClaimedStep, DrillLedger } from "./drill_ledger.ts";
import { openDrillBackup } from "./open_drill_backup.ts";
import { dropScratchDatabase, endOtherSessions } from "./scratch_database.ts";
import { type DrillReport, workOnDrill } from "./work_on_drill.ts";

export interface DrillWorkerOptions {
  /** Opens a session with the project's database, or with another one of its server. */
  connect(applicationName: string, database?: string): Promise<Client>;
  /** Null: S3 is not configured. */
  s3: BackupStorage | null;
  /** What opens encrypted backups; null unless somebody chose to keep an identity on the platform. Asked for when one is met. */
  identities(): Promise<AgeIdentities | null>;
  drillId: string;
  invocation: string;
  perform(context: DrillContext, step: ClaimedStep): Promise<StepOutcome>;
  log?: (line: string) => void;
  /** How a short back-off is sat out. */
  sleep?: (ms: number) => Promise<unknown>;
}

/** Small steps cost a few milliseconds of CPU time each; with this many an invocation stays far below its second. */
const MAX_STEPS = 40;

/**
 * Rows that are unpacked are garbage until the runtime collects it. Measured with chunks of 8 MiB: 16 MiB and more per
 * invocation reach 200 MB.
 */
const MAX_BYTES = 12 * 1024 * 1024;

/** As backup.claim_drill_step() gives it at most. */
const MAX_LEASE_SECONDS = 45;

/** The session with the scratch database, replaced when it was lost. */
class ScratchSession {
  #client: Promise<Client> | null = null;
  readonly #open: () => Promise<Client>;

  constructor(open: () => Promise<Client>) {
    this.#open = open;
  }

  get(): Promise<Client> {
    this.#client ??= this.#open();
    return this.#client;
  }

  async close(): Promise<void> {
    const open = this.#client;
    this.#client = null;
    if (open !== null) await open.then(closeClient, () => undefined);
  }
}

/**
 * One invocation's share of a drill: works on its steps, hands over when something is left, and drops the scratch database
 * when the drill is over, however it ended.
 */
export async function runDrillWorker(options: DrillWorkerOptions): Promise<DrillReport> {
  const client = await options.connect("holdfast restore-drill");
  try {
    const ledger = new DrillLedger(client, options.drillId);
    const drill = await ledger.read();
    if (drill === null) return { outcome: "ended", steps: 0, bytes: 0 };
    const { s3 } = options;
    if (s3 === null) {
      await ledger.fail("HF007", "S3 is not configured");
      await dropQuietly(options, client, drill.scratch_database);
      return { outcome: "ended", steps: 0, bytes: 0 };
    }
    const settings = await ledger.settings();
    const connectScratch = async (applicationName: string) => prepareSession(await options.connect(applicationName, drill.scratch_database));
    const scratch = new ScratchSession(() => connectScratch("holdfast restore-drill"));
    let backup: Promise<Backup> | null = null;
    const context: DrillContext = {
      ledger, drill, settings, connectScratch,
      connect: (applicationName) => options.connect(applicationName),
      backup: () => (backup ??= openEncrypted(options, openDrillBackup(s3, drill))),
      scratch: () => scratch.get(),
    };
    const budget = { maxBytes: Math.min(settings.worker_bytes, MAX_BYTES), maxMs: settings.worker_seconds * 1000, maxSteps: MAX_STEPS, renewMs: Math.min(settings.lease_seconds, MAX_LEASE_SECONDS) * 1000 / 3 };
    try {
      const report = await workOnDrill(ledger, options.invocation, budget, {
        now: () => performance.now(),
        sleep: async (ms) => { await (options.sleep ?? sleep)(ms); },
        perform: async (step) => {
          if (step.attempt > 1 && step.kind !== "begin") await endOtherSessions(await scratch.get());
          try {
            return await options.perform(context, step);
          } catch (error) {
            // It may be in a broken transaction, or gone; another step starts with another one.
            backup = null;
            await scratch.close();
            throw error;
          }
        },
      });
      if (report.outcome === "budget") await ledger.handOver();
      return report;
    } finally {
      await scratch.close();
      const { state } = await ledger.progress();
      if (state !== "running") await dropQuietly(options, client, drill.scratch_database);
    }
  } finally {
    await closeClient(client);
  }
}

async function openEncrypted(options: DrillWorkerOptions, opening: Promise<Backup>): Promise<Backup> {
  const backup = await opening;
  return backup.manifest.encryption === null ? backup : unsealBackup(backup, await options.identities());
}

/** What cannot be dropped is found by the next tick, which also tells a person when it stays. */
async function dropQuietly(options: DrillWorkerOptions, client: Client, name: string): Promise<void> {
  try {
    await dropScratchDatabase(client, name);
  } catch (error) {
    options.log?.(`cannot drop ${name}: ${error instanceof Error ? error.message : "unknown reason"}`);
  }
}
