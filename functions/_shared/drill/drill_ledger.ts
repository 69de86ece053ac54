import type { Client } from "pg";
import { callLedger } from "../database/call_ledger.ts";
import type { LeftOut } from "../restore/restore_context.ts";

/** A unit of work of a drill, as a step that plans others writes it down. */
export interface PlannedStep {
  kind: string;
  /** What its seconds count as. */
  phase: string;
  /** Needs an invocation of its own. */
  alone?: boolean;
  payload?: unknown;
}

/** One claimed step, as backup.claim_drill_step() returns it. */
export interface ClaimedStep {
  step_no: number;
  kind: string;
  phase: string;
  alone: boolean;
  payload: unknown;
  claim_id: string;
  attempt: number;
}

/** What a drill restores, and where to. */
export interface DrillRow {
  drill_id: string;
  run_id: string;
  state: "running" | "complete" | "failed";
  started_at: Date;
  scratch_database: string;
  object_prefix: string;
  manifest_key: string;
  manifest_sha256: string;
}

export interface DrillProgress {
  state: "running" | "complete" | "failed" | null;
  verdict: string | null;
  steps_done: number;
  steps_total: number;
  /** Of the next step. */
  kind: string | null;
  phase: string | null;
  /** Somebody works on the next step. */
  held: boolean;
  /** Milliseconds until the back-off of the next step ends; null when there is none. */
  next_claim_in_ms: number | null;
  failure_code: string | null;
  failure_message: string | null;
}

export interface DrillSettings {
  worker_bytes: number;
  worker_seconds: number;
  chunk_bytes: number;
  lease_seconds: number;
}

export interface DrillResult {
  verdict: "passed" | "failed" | "inconclusive" | "skipped";
  rows: number;
  raw_bytes: number;
  proof: unknown;
  proof_key: string | null;
}

/**
 * The ledger functions a drill calls. Every failure they raise keeps its code.
 *
 * @throws {HoldfastError} HF0xx and HF5xx as the SQL functions raise them.
 */
export class DrillLedger {
  readonly client: Client;
  readonly drillId: string;

  constructor(client: Client, drillId: string) {
    this.client = client;
    this.drillId = drillId;
  }

  async #call<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return callLedger<Row>(this.client, sql, [this.drillId, ...values]);
  }

  /** Null for an unknown drill. */
  async read(): Promise<DrillRow | null> {
    const [row] = await this.#call<DrillRow>(
      `select d.drill_id, d.run_id, d.state, d.started_at, d.scratch_database, r.object_prefix, r.manifest_key,
              coalesce(d.manifest_sha256, r.manifest_sha256) as manifest_sha256
       from backup.drills d join backup.runs r using (run_id) where d.drill_id = $1 and d.scratch_database is not null`);
    return row ?? null;
  }

  async settings(): Promise<DrillSettings> {
    const { rows: [row] } = await this.client.query<DrillSettings>(
      `select s.worker_bytes::float8, s.worker_seconds, s.chunk_bytes::float8, s.lease_seconds from backup.settings s`);
    if (row === undefined) throw new Error("backup.settings has no row");
    return row;
  }

  async claim(invocation: string, fresh: boolean): Promise<ClaimedStep | null> {
    const [row] = await this.#call<ClaimedStep>("select * from backup.claim_drill_step($1, $2, $3)", [invocation, fresh]);
    return row ?? null;
  }

  async complete(step: ClaimedStep, seconds: number, result: unknown, append: readonly PlannedStep[]): Promise<void> {
    await this.#call("select backup.complete_drill_step($1, $2, $3, $4, $5, $6)",
      [step.step_no, step.claim_id, seconds.toFixed(3), result === undefined ? null : JSON.stringify(result), JSON.stringify(append)]);
  }

  async renew(step: ClaimedStep): Promise<void> {
    await this.#call("select backup.renew_drill_step($1, $2, $3)", [step.step_no, step.claim_id]);
  }

  /** Whether the step will be tried again; false: the drill has failed. */
  async release(step: ClaimedStep, code: string, message: string, retry: boolean): Promise<boolean> {
    const [row] = await this.#call<{ again: boolean }>("select backup.release_drill_step($1, $2, $3, $4, $5, $6) as again",
      [step.step_no, step.claim_id, code, message, retry]);
    return row?.again === true;
  }

  async finish(step: ClaimedStep, seconds: number, result: DrillResult): Promise<void> {
    await this.#call("select backup.finish_drill($1, $2, $3, $4, $5)", [step.step_no, step.claim_id, seconds.toFixed(3), JSON.stringify(result)]);
  }

  async fail(code: string, message: string): Promise<boolean> {
    const [row] = await this.#call<{ ended: boolean }>("select backup.fail_drill($1, $2, $3) as ended", [code, message]);
    return row?.ended === true;
  }

  async skip(step: ClaimedStep, reason: string): Promise<void> {
    await this.#call("select backup.skip_drill($1, $2, $3, $4)", [step.step_no, step.claim_id, reason]);
  }

  async handOver(): Promise<void> {
    await this.#call("select backup.hand_over_drill($1)");
  }

  /** Results of the finished steps of this kind, in their order. */
  async results(kind: string): Promise<unknown[]> {
    const rows = await this.#call<{ result: unknown }>(
      `select s.result from backup.drill_steps s where s.drill_id = $1 and s.kind = $2 and s.state = 'done' order by s.step_no`, [kind]);
    return rows.map(({ result }) => result);
  }

  /** What finished steps could not bring back, in their order. */
  async leftOut(): Promise<LeftOut[]> {
    const rows = await this.#call<{ one: LeftOut }>(
      `select l.one from backup.drill_steps s cross join lateral jsonb_array_elements(s.result -> 'left_out') with ordinality as l(one, no)
       where s.drill_id = $1 and s.state = 'done' and jsonb_typeof(s.result -> 'left_out') = 'array' order by s.step_no, l.no`);
    return rows.map(({ one }) => one);
  }

  /** Seconds per phase of the steps that are done. */
  async phaseSeconds(): Promise<Record<string, number>> {
    const [row] = await this.#call<{ seconds: Record<string, number> }>("select backup._drill_phase_seconds($1) as seconds");
    return row?.seconds ?? {};
  }

  async progress(): Promise<DrillProgress> {
    const [row] = await this.#call<DrillProgress>(
      `select p.state, p.verdict, p.steps_done, p.steps_total, p.kind, p.phase, coalesce(p.held, false) as held,
              (extract(epoch from p.next_claim_in) * 1000)::float8 as next_claim_in_ms, p.failure_code, p.failure_message
       from backup.drill_progress($1) p`);
    // An unknown drill is a row of nulls.
    return row !== undefined && row.state !== null ? row : { state: null, verdict: null, steps_done: 0, steps_total: 0, kind: null, phase: null,
      held: false, next_claim_in_ms: null, failure_code: null, failure_message: null };
  }
}
