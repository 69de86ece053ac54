import { z } from "zod";
import { applyAfter, applyBefore } from "../restore/apply_actions.ts";
import type { SchemaAction } from "../restore/plan_schema.ts";
import { prepareSession } from "../restore/prepare_session.ts";
import type { LeftOut } from "../restore/restore_context.ts";
import type { DrillContext, StepOutcome } from "./drill_context.ts";
import type { ClaimedStep } from "./drill_ledger.ts";
import { planAgain } from "./plan_drill.ts";

const payload = z.object({
  actions: z.array(z.object({
    sql: z.string(), verb: z.enum(["create", "alter", "drop"]), name: z.string(), subject: z.looseObject({ kind: z.string() }),
    tables: z.array(z.string()), constraintType: z.string().nullable(), commitAfter: z.boolean(), alone: z.boolean(),
  })),
});

/**
 * Runs one batch of a planned half. An earlier attempt may have run some of it before it died: then the schema is planned
 * again, and what is no longer in the plan is done.
 *
 * @throws {HoldfastError} HF504 naming the object.
 */
export async function applyStep(context: DrillContext, step: ClaimedStep): Promise<StepOutcome> {
  let actions = payload.parse(step.payload).actions as SchemaAction[];
  if (step.attempt > 1) {
    const open = new Set((await planAgain(context)).map(({ sql }) => sql));
    actions = actions.filter(({ sql }) => open.has(sql));
  }
  const leftOut: LeftOut[] = [];
  const hooks = { leftOut, onAction: () => undefined };
  const client = await context.scratch();
  if (step.kind === "apply_before") await applyBefore(client, actions, hooks);
  else await applyAfter([client], actions, () => 0, hooks);
  // The statements of a plan want settings of their own.
  await prepareSession(client);
  return { bytes: actions.reduce((sum, { sql }) => sum + sql.length, 0), result: { left_out: leftOut } };
}
