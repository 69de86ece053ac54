import type { FactBase, StableId } from "@supabase/pg-delta/core";
import { foreignCalls } from "../schema/foreign_calls.ts";
import { nameOf, without, withDependents } from "./fact_edits.ts";
import type { LeftOut } from "./restore_context.ts";

/** Schema of what database webhooks call, which the platform makes when they are enabled. */
const WEBHOOKS = "supabase_functions";

/**
 * Leaves out triggers of database webhooks where the target has none, and event triggers whose function no backup covers: those
 * are the platform's, and the target keeps its own. Any other trigger whose function is missing is for the target to refuse and
 * for the proof to name.
 *
 * @param present facts of the whole target, also of schemas that no backup covers
 */
export function adaptCalls(desired: FactBase, present: FactBase, leftOut: LeftOut[]): FactBase {
  const roots: StableId[] = [];
  for (const { caller, called } of foreignCalls(desired)) {
    const isThere = present.has(called);
    const isTrigger = caller.kind === "trigger";
    if (isTrigger && (isThere || called.schema !== WEBHOOKS)) continue;
    roots.push(caller);
    if (isThere && present.has(caller)) continue;
    const name = `${called.schema}.${called.name}()`;
    leftOut.push({ reason: "platform", subject: nameOf(caller), message: isTrigger
      ? `It calls ${name}, which no backup covers and the target does not have. Enable database webhooks in the target, then create it again.`
      : `It calls ${name}, which the platform makes: no backup covers it.` });
  }
  return without(desired, withDependents(desired, roots));
}
