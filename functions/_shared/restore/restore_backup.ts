import type { Client } from "pg";
import { closeClient } from "../database/close_client.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { ManifestTable } from "../export/manifest.ts";
import { installHoldfast } from "../prove/install_holdfast.ts";
import type { Proof } from "../prove/proof.ts";
import { proveRestore } from "../prove/prove_restore.ts";
import { storeProof } from "../prove/store_proof.ts";
import { actAsOwners, stopActingAs } from "./act_as_owners.ts";
import { analyzeTables } from "./analyze_tables.ts";
import { applyAfter, applyBefore } from "./apply_actions.ts";
import type { Backup } from "./backup_source.ts";
import { archivedError } from "./describe_frozen.ts";
import { estimateRemaining } from "./estimate_remaining.ts";
import { nameOf } from "./fact_edits.ts";
import { findFrozen } from "./find_frozen.ts";
import { leaveClosedTables } from "./leave_closed_tables.ts";
import { type LostObject, loadTables } from "./load_tables.ts";
import { planSchema } from "./plan_schema.ts";
import { phasesOf, prepareRestore, type PreparedRestore, type RestoreRequest, withoutSkipped } from "./prepare_restore.ts";
import { prepareSession } from "./prepare_session.ts";
import { refuseFilledTables } from "./refuse_filled_tables.ts";
import { refuseFiringTriggers } from "./refuse_firing_triggers.ts";
import type { LeftOut, RestoreContext, RestorePhase } from "./restore_context.ts";
import { restoreCronJobs } from "./restore_cron_jobs.ts";
import { restoreRoles } from "./restore_roles.ts";
import { restoreSequences } from "./restore_sequences.ts";
import { dropRestoreState, enterPhase, keepLeftOut, lockTarget, openRestoreState, recordPhase, rememberActingAs } from "./restore_state.ts";
import { selectTables } from "./select_tables.ts";
import { tableName } from "./table_name.ts";
import { inspectTarget, type TargetInfo } from "./target.ts";
import { findSleeping, wakeEventTriggers } from "./wake_event_triggers.ts";

export interface RestoreResult {
  backup: Backup;
  target: TargetInfo;
  tables: readonly ManifestTable[];
  leftOut: LeftOut[];
  lost: LostObject[];
  phaseSeconds: Partial<Record<RestorePhase, number>>;
  seconds: number;
  /** Null when none was asked for. */
  proof: Proof | null;
  /** Where the proof lies in the bucket; null when there is none or the key may not write. */
  proofKey: string | null;
}

/**
 * Restores a backup into a target, and proves it. Interrupted at any point, the same call continues and ends in the same state.
 *
 * @throws {HoldfastError} HF603 objects are archived, HF606 a thawed copy has expired on the way; HF500 to HF505, HF508, HF701 and HF702 as the steps say, HF2xx storage, HF104 when the target cannot be reached.
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoreResult> {
  const started = performance.now();
  const client = await prepareSession(await request.connect("holdfast restore"));
  const opened: Client[] = [client];
  try {
    // Before the first look: what a restore that is about to end leaves here must be seen.
    await lockTarget(client);
    const prepared = await prepareRestore(client, request);
    return await new RestoreRun(request, prepared, client, opened, started).run();
  } finally {
    for (const one of opened) await closeClient(one);
  }
}

/** One restore under way. */
class RestoreRun {
  readonly #request: RestoreRequest;
  readonly #prepared: PreparedRestore;
  readonly #client: Client;
  readonly #opened: Client[];
  readonly #started: number;
  readonly #phases: RestorePhase[];
  readonly #phaseSeconds: Partial<Record<RestorePhase, number>> = {};
  readonly #leftOut: LeftOut[] = [];
  #phase: RestorePhase = "check";
  #target: TargetInfo;
  #tables: readonly ManifestTable[];
  #actingAs: string[] = [];

  constructor(request: RestoreRequest, prepared: PreparedRestore, client: Client, opened: Client[], started: number) {
    this.#request = request;
    this.#prepared = prepared;
    this.#client = client;
    this.#opened = opened;
    this.#started = started;
    this.#phases = phasesOf(prepared.options);
    this.#target = prepared.target;
    this.#tables = [];
  }

  async run(): Promise<RestoreResult> {
    try {
      return await this.#perform();
    } catch (error) {
      // The next call grants again what it needs. Where the session is gone, it takes back what this one was granted.
      await stopActingAs(this.#client, this.#actingAs).catch(() => undefined);
      throw error;
    }
  }

  async #perform(): Promise<RestoreResult> {
    const { backup, options, schema, unfinished } = this.#prepared;
    let lost: LostObject[] = [];
    let proof: Proof | null = null;
    let proofKey: string | null = null;
    await this.#step("check", () => this.#begin());
    await this.#step("install", () => installHoldfast(this.#context()));
    await this.#step("roles", () => restoreRoles(this.#context()));
    await keepLeftOut(this.#client, this.#leftOut);
    if (!options.dataOnly) {
      const granted = await actAsOwners(this.#client, schema, this.#target, (role) => rememberActingAs(this.#client, role));
      this.#actingAs = [...new Set([...this.#actingAs, ...granted])];
    }
    await this.#lookAgain();
    await this.#step("schema_before", () => this.#applyBefore());
    await this.#step("data", async () => {
      lost = await loadTables(this.#context());
    });
    await this.#step("sequences", () => restoreSequences(this.#context(), { again: unfinished?.phaseSeconds.sequences !== undefined }));
    await this.#step("schema_after", () => this.#applyAfter());
    await this.#step("cron_jobs", () => restoreCronJobs(this.#context()));
    await this.#step("analyze", () => analyzeTables(this.#context()));
    await this.#step("prove", async () => {
      proof = await proveRestore(this.#context());
      proofKey = await storeProof(backup, proof).catch(nullIfDenied);
    });
    await stopActingAs(this.#client, this.#actingAs);
    await this.#end(options.prove && !isPassed(proof));
    return {
      backup, target: this.#target, tables: this.#tables, leftOut: this.#leftOut, lost, phaseSeconds: this.#phaseSeconds,
      seconds: (this.#request.thawSeconds ?? 0) + (performance.now() - this.#started) / 1000, proof, proofKey,
    };
  }

  #context(): RestoreContext {
    return {
      backup: this.#prepared.backup, client: this.#client, target: this.#target, options: this.#prepared.options, tables: this.#tables,
      connect: async (applicationName) => prepareSession(await this.#request.connect(applicationName)),
      leftOut: this.#leftOut, onProgress: (done, total, item) => this.#report(done, total, item),
    };
  }

  async #step(phase: RestorePhase, work: () => Promise<void>): Promise<void> {
    if (!this.#phases.includes(phase)) return;
    this.#phase = phase;
    const started = performance.now();
    this.#report(0, 0, "");
    // The record itself is made by the first step.
    if (phase !== "check") await enterPhase(this.#client, phase);
    try {
      await work();
    } catch (error) {
      // Everything could be read when the restore began.
      if (phase === "check" || !(error instanceof HoldfastError) || error.code !== "HF603") throw error;
      throw new HoldfastError("HF606", "The thawed copy of an object has expired during the restore", {
        detail: `${error.message}.`, hint: "Call the same with --thaw again, with more --thaw-days: it asks for what is left, and goes on where it stopped.", cause: error });
    }
    const seconds = (performance.now() - started) / 1000;
    this.#phaseSeconds[phase] = seconds;
    await recordPhase(this.#client, phase, seconds);
  }

  #report(done: number, total: number, item: string): void {
    const bytes = this.#tables.reduce((sum, one) => sum + one.raw_bytes, 0);
    this.#request.onProgress?.({
      phase: this.#phase, done, total, unit: this.#phase === "data" ? "bytes" : "steps", item,
      remainingSeconds: estimateRemaining(this.#phases, this.#phase, total === 0 ? 0 : done / total, bytes, (performance.now() - this.#started) / 1000),
    });
  }

  /** Everything that can be refused is refused before anything is written. */
  async #begin(): Promise<void> {
    const { backup, schema, options, unfinished, loaded } = this.#prepared;
    const plan = await planSchema(this.#client, backup, schema, this.#target, options);
    this.#tables = selectTables(backup.manifest, options.only, options.dataOnly ? plan.current : plan.desired, this.#target.platformSchemas, this.#leftOut);
    if (options.schemaOnly) this.#tables = [];
    this.#tables = await leaveClosedTables(this.#client, this.#tables, this.#target, this.#leftOut);
    if (unfinished === null) this.#tables = await refuseFilledTables(this.#client, this.#tables, plan.current, this.#leftOut);
    this.#tables = withoutSkipped([...this.#tables], unfinished);
    await refuseFiringTriggers(this.#client, backup, this.#tables, this.#target, loaded);
    const frozen = await findFrozen(backup, this.#tables, loaded);
    if (frozen.length > 0) throw archivedError(backup.manifest.run_id, frozen);
    const skipped = unfinished?.options["skipped"];
    const { only, dataOnly, schemaOnly } = options;
    const state = await openRestoreState(this.#client, {
      runId: backup.manifest.run_id, manifestSha256: backup.manifestSha256,
      options: { only, dataOnly, schemaOnly, platformSchemas: [...this.#target.platformSchemas],
        skipped: Array.isArray(skipped) ? skipped : backup.manifest.tables.filter((one) => !this.#tables.includes(one)).map(tableName) },
    }, this.#target);
    this.#actingAs = state.actingAs;
    // Roles that an earlier call made are there now, and nobody would say again what they lack.
    this.#leftOut.push(...state.leftOut.filter((one) => !this.#leftOut.some((known) => known.subject === one.subject && known.message === one.message)));
    const { thawSeconds = 0 } = this.#request;
    if (thawSeconds === 0) return;
    this.#phaseSeconds.thaw = thawSeconds;
    await recordPhase(this.#client, "thaw", thawSeconds);
  }

  /** What did not pass may be looked into and continued. Otherwise event triggers become what they were in the source, as the last thing. */
  async #end(unproven: boolean): Promise<void> {
    const { options: { only, dataOnly }, schema } = this.#prepared;
    const sleeping = only === null && !dataOnly ? await findSleeping(this.#client, schema) : [];
    if (!unproven) return dropRestoreState(this.#client, this.#target, () => wakeEventTriggers(this.#client, sleeping, this.#leftOut));
    this.#leftOut.push(...sleeping.map(({ id, sql }): LeftOut => ({
      reason: "unproven", subject: nameOf(id), message: `It stays disabled until the same call has passed its proof, or somebody enables it: ${sql}` })));
  }

  /** Roles and extensions are not what they were before the first steps. */
  async #lookAgain(): Promise<void> {
    const found = await inspectTarget(this.#client, this.#prepared.schema.facts().flatMap(({ id }) => (id.kind === "extension" ? [id.name] : [])));
    this.#target = { ...found, platformSchemas: this.#target.platformSchemas };
  }

  async #applyBefore(): Promise<void> {
    const { backup, schema, options } = this.#prepared;
    const { before, leftOut, desired } = await planSchema(this.#client, backup, schema, this.#target, options);
    this.#leftOut.push(...leftOut);
    // The plan after the rows has again what is refused here, such as a new owner whose right on the schema comes later.
    await applyBefore(this.#client, before, {
      leftOut: [], onAction: (index, action) => this.#report(index, before.length, action.name) });
    this.#tables = this.#tables.filter((one) => desired.has({ kind: "table", schema: one.schema, name: one.name }));
  }

  async #applyAfter(): Promise<void> {
    const { backup, schema, options } = this.#prepared;
    const { all: actions } = await planSchema(this.#client, backup, schema, this.#target, options);
    const bytes = new Map(this.#tables.map((one) => [`${one.schema}.${one.name}`, one.raw_bytes]));
    const clients = [this.#client];
    while (clients.length < Math.min(options.workers, Math.max(1, actions.length))) {
      const other = await prepareSession(await this.#request.connect("holdfast restore"));
      this.#opened.push(other);
      clients.push(other);
    }
    await applyAfter(clients, actions, (table) => bytes.get(table) ?? 0, {
      leftOut: this.#leftOut, onAction: (index, action) => this.#report(index, actions.length, action.name),
      ...(this.#request.lend === undefined ? {} : { lend: this.#request.lend }) });
    await prepareSession(this.#client);
    if (this.#target.isSuperuser) await this.#takeBackRights();
  }

  /**
   * A superuser makes views and hands them to their owners, and they keep what its own default privileges have given away in
   * between. The plan after the rows takes that from what was made before them.
   */
  async #takeBackRights(): Promise<void> {
    const { backup, schema, options } = this.#prepared;
    const { all } = await planSchema(this.#client, backup, schema, this.#target, options);
    await applyAfter([this.#client], all.filter(({ subject }) => subject.kind === "acl"), () => 0, { leftOut: this.#leftOut, onAction: () => undefined });
    await prepareSession(this.#client);
  }
}

/** A key that may only read is enough to restore and to prove: what the restore has found must not be lost at its end. */
function nullIfDenied(error: unknown): null {
  if (error instanceof HoldfastError && error.code === "HF202") return null;
  throw error;
}

function isPassed(proof: Proof | null): boolean {
  return proof !== null && proof.verdict === "passed";
}
