import { describeUnexpected } from "../errors/describe_unexpected.ts";
import { fromPostgres, sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { mayPass } from "../errors/may_pass.ts";
import { ARCHIVED } from "./begin_drill.ts";
import type { StepOutcome } from "./drill_context.ts";
import type { ClaimedStep, DrillLedger } from "./drill_ledger.ts";

/** When a worker stops claiming. */
export interface DrillBudget {
  /** Bytes that steps have reported. */
  maxBytes: number;
  /** Milliseconds of wall clock, from the call on. */
  maxMs: number;
  /** Steps, because each costs some CPU time whatever it does. */
  maxSteps: number;
  /** How often the lease of a step that takes long is renewed. */
  renewMs: number;
}

export interface DrillReport {
  /** budget: there is more to do. idle: somebody else works on it, or a back-off is long. ended: the drill is over. */
  outcome: "budget" | "idle" | "ended";
  steps: number;
  bytes: number;
}

export interface DrillHooks {
  now(): number;
  sleep(ms: number): Promise<void>;
  perform(step: ClaimedStep): Promise<StepOutcome>;
}

/** The longest back-off a worker sits out itself; longer ones are left to the next minute's tick. */
const LONGEST_NAP_MS = 10_000;

/** The drill has ended, or another worker took over: what this one has to say is of no interest any more. */
function isLate(error: unknown): boolean {
  return error instanceof HoldfastError && (error.code === "HF522" || error.code === "HF523");
}

/** Reports a failed step. Errors nobody can act on are recorded by where they happened, not by a message that may quote data. */
async function report(ledger: DrillLedger, step: ClaimedStep, failure: unknown): Promise<void> {
  const error = fromPostgres(failure);
  const known = error instanceof HoldfastError;
  const code = known ? error.code : (sqlStateOf(error) ?? "XX000");
  const message = known ? [[error.message, error.detail].filter(Boolean).join(": "), error.hint].filter(Boolean).join(" ")
    : `Step ${step.step_no} (${step.kind}): ${describeUnexpected(error)}`;
  await ledger.release(step, code, message, mayPass(error));
}

/** Performs a step while its lease is renewed. A lease that is lost shows when the result is reported. */
async function withLease(ledger: DrillLedger, step: ClaimedStep, everyMs: number, perform: () => Promise<StepOutcome>): Promise<StepOutcome> {
  const timer = setInterval(() => {
    ledger.renew(step).catch(() => undefined);
  }, everyMs);
  try {
    return await perform();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Works on a drill until it ends, the budget is spent, or nothing can be claimed. Failures of steps are reported to the
 * ledger, which decides whether they are tried again; only failures of the ledger itself are thrown.
 */
export async function workOnDrill(ledger: DrillLedger, invocation: string, budget: DrillBudget, hooks: DrillHooks): Promise<DrillReport> {
  const started = hooks.now();
  const done: DrillReport = { outcome: "ended", steps: 0, bytes: 0 };
  for (;;) {
    const left = budget.maxMs - (hooks.now() - started);
    if (done.bytes >= budget.maxBytes || done.steps >= budget.maxSteps || left <= 0) return { ...done, outcome: "budget" };

    const step = await ledger.claim(invocation, done.steps === 0);
    if (step === null) {
      const progress = await ledger.progress();
      if (progress.state !== "running") return { ...done, outcome: "ended" };
      if (progress.held) return { ...done, outcome: "idle" };
      const wait = progress.next_claim_in_ms;
      // Not held and not waiting: the step is for an invocation that has done nothing yet.
      if (wait === null) return { ...done, outcome: done.steps > 0 ? "budget" : "idle" };
      if (wait > Math.min(LONGEST_NAP_MS, left)) return { ...done, outcome: "idle" };
      await hooks.sleep(Math.max(50, wait));
      continue;
    }
    const begun = hooks.now();
    try {
      const outcome = await withLease(ledger, step, budget.renewMs, () => hooks.perform(step));
      const seconds = (hooks.now() - begun) / 1000;
      if (outcome.skip !== undefined) await ledger.skip(step, outcome.skip);
      else if (outcome.finish === undefined) await ledger.complete(step, seconds, outcome.result, outcome.append ?? []);
      else await ledger.finish(step, seconds, outcome.finish);
      done.steps += 1;
      done.bytes += outcome.bytes ?? 0;
      if (step.alone) done.bytes = Math.max(done.bytes, budget.maxBytes);
    } catch (error) {
      if (isLate(error)) return { ...done, outcome: "idle" };
      done.steps += 1;
      try {
        if (error instanceof HoldfastError && error.code === "HF603") await ledger.skip(step, ARCHIVED);
        else await report(ledger, step, error);
      } catch (late) {
        if (!isLate(late)) throw late;
      }
      // What a failed heavy step has cost is spent; it needs a fresh invocation again.
      if (step.alone) return { ...done, outcome: "budget" };
    }
  }
}
