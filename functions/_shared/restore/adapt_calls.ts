import type { FactBase, StableId } from "@supabase/pg-delta/core";
import { foreignCalls } from "../schema/foreign_calls.ts";
import { nameOf, without, withDependents } from "./fact_edits.ts";
import type { LeftOut } from "./restore_context.ts";

/**
 * Leaves out triggers that call a function which neither the backup nor the target has, such as those of database webhooks
 * where the target has none. Event triggers of that kind are the platform's: the target keeps its own.
 *
 * @param present facts of the whole target, also of schemas that no backup covers
 */
export function adaptCalls(desired: FactBase, present: FactBase, leftOut: LeftOut[]): FactBase {
  const roots: StableId[] = [];
  for (const { caller, called } of foreignCalls(desired)) {
    const isThere = present.has(called);
    if (isThere && caller.kind === "trigger") continue;
    roots.push(caller);
    if (isThere && present.has(caller)) continue;
    const name = `${called.schema}.${called.name}()`;
    leftOut.push({ reason: "platform", subject: nameOf(caller), message: caller.kind === "eventTrigger"
      ? `It calls ${name}, which the platform makes: no backup covers it.`
      : `It calls ${name}, which no backup covers and the target does not have. ${called.schema === "supabase_functions"
        ? "Enable database webhooks in the target, then create it again." : "Create the function in the target, then this again."}` });
  }
  return without(desired, withDependents(desired, roots));
}
