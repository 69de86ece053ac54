import { z } from "zod";
import { callLedger } from "../database/call_ledger.ts";
import type { Queryable } from "../database/queryable.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";

const time = z.date().nullable().transform((value) => value?.toISOString() ?? null);

const planRow = z.object({
  run_id: z.string(),
  tier: z.enum(["daily", "weekly", "monthly"]),
  state: z.enum(["starting", "exporting", "complete", "failed", "expired"]),
  snapshot_at: time,
  verified: z.boolean(),
  decision: z.enum(["keep", "expire"]),
  reasons: z.array(z.string()),
  expires_at: time,
  /** Null: not marked. */
  marked_at: time,
  delete_after: time,
  locked_until: time,
  error_code: z.string().nullable(),
});

/** What becomes of one run, and how far its deletion has come. */
export type PlannedRun = z.infer<typeof planRow>;

const claim = z.object({ run_id: z.string(), claim_id: z.string(), object_prefix: z.string() });

/** The right to delete one run. */
export type SweepClaim = z.infer<typeof claim>;

/** Why a deletion stopped before its end: a lock with its end, a refusal, or neither when only time was up. */
export interface SweepPause {
  readonly lockedUntil: Date | null;
  readonly code: string | null;
  readonly message: string | null;
}

/** The part of the ledger that retention asks and tells. Throws what SQL raises: HF600, HF602. */
export class RetentionLedger {
  readonly #database: Queryable;

  constructor(database: Queryable) {
    this.#database = database;
  }

  /** Every run that is not deleted, newest first. Changes nothing. */
  async plan(): Promise<PlannedRun[]> {
    return z.array(planRow).parse(await callLedger(this.#database,
      `select p.run_id, p.tier::text, p.state::text, p.snapshot_at, p.verified, p.decision, p.reasons, p.expires_at,
              m.marked_at, m.delete_after, m.locked_until, m.error_code
       from backup.retention_plan() p left join backup.retention_marks m on m.run_id = p.run_id
       order by p.snapshot_at desc nulls first, p.run_id desc`));
  }

  /**
   * What a physical copy of a project would delete is its source's.
   *
   * @throws {HoldfastError} HF607 if the ledger belongs to another project than this.
   */
  async refuseStrangers(projectRef: string | null): Promise<void> {
    const { owner } = z.object({ owner: z.string().nullable() }).parse((await callLedger(this.#database, "select backup.check_bucket_owner($1) as owner", [projectRef]))[0]);
    if (owner === null) return;
    const own = projectRef === null ? "null" : `'${projectRef}'`;
    throw new HoldfastError("HF607", `Nothing is deleted as the backups of this ledger belong to project ${owner}`, {
      detail: projectRef === null ? "The address of this database or its functions does not say which project this is." : `This is project ${projectRef}.`,
      hint: `Use the address of the project itself. In a copy of it, set a folder of its own (update backup.settings set project_ref = '${projectRef ?? "<name>"}' where id); then, or where the project has moved here for good: select backup.take_over_bucket(${own});`,
    });
  }

  async mark(): Promise<{ marked: number; unmarked: number }> {
    return z.object({ marked: z.number(), unmarked: z.number() }).parse((await callLedger(this.#database, "select marked, unmarked from backup.mark_expired()"))[0]);
  }

  /** Null when there is nothing to delete at the moment. */
  async claim(): Promise<SweepClaim | null> {
    const [row] = await callLedger(this.#database, "select run_id, claim_id, object_prefix from backup.claim_sweep()");
    return row === undefined ? null : claim.parse(row);
  }

  /** False when the run is to be kept after all. */
  async begin({ run_id, claim_id }: SweepClaim): Promise<boolean> {
    return z.object({ begun: z.boolean() }).parse((await callLedger(this.#database, "select backup.begin_sweep($1, $2) as begun", [run_id, claim_id]))[0]).begun;
  }

  async finish({ run_id, claim_id }: SweepClaim, objects: number, bytes: number): Promise<void> {
    await callLedger(this.#database, "select backup.finish_sweep($1, $2, $3, $4)", [run_id, claim_id, objects, bytes]);
  }

  async pause({ run_id, claim_id }: SweepClaim, objects: number, bytes: number, why: SweepPause): Promise<void> {
    await callLedger(this.#database, "select backup.pause_sweep($1, $2, $3, $4, $5, $6, $7)",
      [run_id, claim_id, objects, bytes, why.lockedUntil, why.code, why.message]);
  }

  /** Sends another function to go on; one that was scheduled only as long as retention is to delete. */
  async handOver(scheduled: boolean): Promise<void> {
    await callLedger(this.#database, "select backup.dispatch('apply-retention', $1)", [{ apply: true, ...(scheduled ? { trigger: "schedule" } : {}) }]);
  }

  /** backup.settings.retention_mode. */
  async mode(): Promise<string> {
    return z.object({ mode: z.string() }).parse((await callLedger(this.#database, "select s.retention_mode as mode from backup.settings s"))[0]).mode;
  }

  /** Which of these runs the ledger still keeps objects for, and how old debris has to be. */
  async debrisRules(runIds: readonly string[]): Promise<{ project: string; ageMs: number; inUse: Set<string> }> {
    const [row] = await callLedger(this.#database,
      `select s.project_ref as project, extract(epoch from s.retention_debris_age)::float8 * 1000 as age_ms,
              array(select r.run_id from backup.runs r where r.run_id = any ($1)
                    and (r.objects_deleted_at is null or r.objects_deleted_at > now() - s.retention_debris_age)) as in_use
       from backup.settings s`, [runIds]);
    const { project, age_ms: ageMs, in_use: inUse } = z.object({ project: z.string(), age_ms: z.number(), in_use: z.array(z.string()) }).parse(row);
    return { project, ageMs, inUse: new Set(inUse) };
  }
}
