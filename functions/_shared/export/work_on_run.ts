import { describeUnexpected } from "../errors/describe_unexpected.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { isConnectionLoss } from "../errors/is_connection_loss.ts";
import { mayPass } from "../errors/may_pass.ts";
import { captureGlobals } from "./capture_globals.ts";
import { captureSchema } from "./capture_schema.ts";
import { captureSequences } from "./capture_sequences.ts";
import { ChunkFailed, exportData } from "./export_data.ts";
import type { ClaimedChunk } from "./ledger.ts";
import { planRun } from "./plan_run.ts";
import { storeRenderedSchema } from "./render_schema.ts";
import type { WorkerContext } from "./worker_context.ts";
import { writeManifest } from "./write_manifest.ts";

/** When a worker stops claiming. */
export interface WorkerBudget {
  /** Bytes of COPY text. */
  maxBytes: number;
  /** Milliseconds of wall clock, from the call on. */
  maxMs: number;
  /** Data claims are at most this big, in estimated bytes. */
  claimBytes: number;
  /** True in a function: capturing or rendering the schema is left to a worker that does nothing else. */
  schemaAlone: boolean;
}

export interface WorkerReport {
  /** budget: there is more to do. idle: others hold what is left. ended: the run is over. */
  outcome: "budget" | "idle" | "ended";
  bytes: number;
  chunks: number;
}

export interface WorkerHooks {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Called when the plan is recorded, so that more workers can be started. */
  onPlanned(): Promise<void>;
}

/** The longest back-off a worker sits out itself; longer ones are left to the next minute's tick. */
const LONGEST_NAP_MS = 10_000;

async function perform(context: WorkerContext, chunks: readonly ClaimedChunk[], hooks: WorkerHooks): Promise<number> {
  const [first] = chunks;
  if (first === undefined) return 0;
  switch (first.kind) {
    case "plan":
      await planRun(context, first);
      await hooks.onPlanned();
      return 0;
    case "schema":
      await captureSchema(context, first);
      return 0;
    case "schema_sql":
      await storeRenderedSchema(context, first);
      return 0;
    case "globals":
      await captureGlobals(context, first);
      return 0;
    case "sequences":
      await captureSequences(context, first);
      return 0;
    case "manifest":
      await writeManifest(context, first);
      return 0;
    case "data":
      return exportData(context, chunks);
  }
}

/** What a role may not do is named by the server, and no refusal of it quotes a row. */
function explainRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || sqlStateOf(error) !== "42501" || error instanceof HoldfastError) return error;
  return new HoldfastError("HF305", "Cannot export as the role may not read everything", {
    detail: error.message,
    hint: "Run the export as postgres, or grant the role what is missing, and BYPASSRLS where row security hides rows.",
    cause: error,
  });
}

/** Reports a failed chunk. Errors nobody can act on are recorded by where they happened, not by a message that may quote data. */
async function report(context: WorkerContext, chunk: ClaimedChunk, failure: unknown): Promise<void> {
  const error = explainRefusal(failure);
  const known = error instanceof HoldfastError;
  const code = known ? error.code : (sqlStateOf(error) ?? "XX000");
  const message = known ? [[error.message, error.detail].filter(Boolean).join(": "), error.hint].filter(Boolean).join(" ") : describeUnexpected(error);
  await ifHeld(context.ledger.release(context.runId, chunk.claim_id, chunk.chunk_no, code, message, mayPass(error)));
  await ifHeld(context.ledger.giveBack(context.runId, chunk.claim_id));
}

/** The run has ended, or the claim or a part of it belongs to another worker: what was done counts for nothing and nothing failed. */
function isFenced(error: unknown): boolean {
  return error instanceof HoldfastError && (error.code === "HF003" || error.code === "HF004");
}

async function ifHeld(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (late) {
    if (!isFenced(late)) throw late;
  }
}

/**
 * Works on a run until it ends, the budget is spent, or nothing can be claimed. Failures of chunks are reported to the
 * ledger, which decides whether they are tried again; only a lost database connection is thrown.
 */
export async function workOnRun(context: WorkerContext, budget: WorkerBudget, hooks: WorkerHooks): Promise<WorkerReport> {
  const started = hooks.now();
  const done: WorkerReport = { outcome: "ended", bytes: 0, chunks: 0 };
  let fresh = true;
  let spent = false;
  for (;;) {
    const room = budget.maxBytes - done.bytes;
    const left = budget.maxMs - (hooks.now() - started);
    if (room <= 0 || left <= 0 || spent) return { ...done, outcome: "budget" };

    const chunks = await context.ledger.claim(context.runId, context.worker, Math.min(room, budget.claimBytes), fresh || !budget.schemaAlone);
    const [first] = chunks;
    if (first === undefined) {
      const progress = await context.ledger.progress(context.runId);
      if (progress.state !== "exporting") return { ...done, outcome: "ended" };
      if (progress.claimable > 0 && !fresh && budget.schemaAlone) return { ...done, outcome: "budget" };
      // A back-off may have ended between the two questions.
      const wait = progress.claimable > 0 ? 0 : progress.next_claim_in_ms;
      if (wait === null || wait > Math.min(LONGEST_NAP_MS, left)) return { ...done, outcome: "idle" };
      await hooks.sleep(Math.max(50, wait));
      continue;
    }
    spent = budget.schemaAlone && (first.kind === "schema" || first.kind === "schema_sql");
    fresh = fresh && first.kind === "plan";
    try {
      done.bytes += await perform(context, chunks, hooks);
      done.chunks += chunks.length;
    } catch (error) {
      const failed = error instanceof ChunkFailed ? error : new ChunkFailed(first, error);
      if (isConnectionLoss(failed.cause)) throw failed.cause;
      if (isFenced(failed.cause)) await ifHeld(context.ledger.giveBack(context.runId, first.claim_id));
      else await report(context, failed.chunk, failed.cause);
    }
  }
}
