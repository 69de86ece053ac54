import { z } from "zod";
import { installHoldfast } from "../prove/install_holdfast.ts";
import { analyzeTables } from "../restore/analyze_tables.ts";
import type { RestoreContext } from "../restore/restore_context.ts";
import { restoreCronJobs } from "../restore/restore_cron_jobs.ts";
import { restoreSequences } from "../restore/restore_sequences.ts";
import { applyStep } from "./apply_step.ts";
import { beginDrill } from "./begin_drill.ts";
import type { DrillContext, StepOutcome } from "./drill_context.ts";
import type { ClaimedStep } from "./drill_ledger.ts";
import { loadStep } from "./load_step.ts";
import { planAfter, planBefore } from "./plan_drill.ts";
import { endDrill, planProofStep, proveStep } from "./prove_step.ts";
import { restoreContextOf } from "./restore_context_of.ts";

const tableRange = z.object({ first: z.number(), end: z.number() });

/** Steps that are the same as in a restore by the command. */
async function asRestore(context: DrillContext, work: (restore: RestoreContext) => Promise<unknown>): Promise<StepOutcome> {
  const restore = await restoreContextOf(context);
  await work(restore);
  return { result: { left_out: restore.leftOut } };
}

/**
 * Performs one step of a drill. Each can be performed again after a worker died in it.
 *
 * @throws {HoldfastError} HF5xx as the parts of a restore say, HF2xx storage, HF104 session lost.
 */
export async function performDrillStep(context: DrillContext, step: ClaimedStep): Promise<StepOutcome> {
  switch (step.kind) {
    case "begin":
      return beginDrill(context, step);
    case "install":
      return asRestore(context, installHoldfast);
    case "plan_before":
      return planBefore(context);
    case "apply_before":
    case "apply_after":
      return applyStep(context, step);
    case "load":
      return loadStep(context, step);
    case "sequences":
      return asRestore(context, restoreSequences);
    case "plan_after":
      return planAfter(context);
    case "cron_jobs":
      return asRestore(context, restoreCronJobs);
    case "analyze": {
      const { first, end } = tableRange.parse(step.payload);
      return asRestore(context, (restore) => analyzeTables({ ...restore, tables: restore.tables.slice(first, end) }));
    }
    case "plan_proof":
      return planProofStep(context);
    case "prove":
      return proveStep(context, step);
    case "end":
      return endDrill(context);
    default:
      throw new Error(`This version does not know steps of kind "${step.kind}"`);
  }
}
