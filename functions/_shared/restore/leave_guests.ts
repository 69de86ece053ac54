import type { FactBase } from "@supabase/pg-delta/core";
import { isGuest } from "../schema/is_guest.ts";
import { nameOf, without, withDependents } from "./fact_edits.ts";
import type { LeftOut } from "./restore_context.ts";

/**
 * The backup without policies on tables that the target's platform has not made.
 *
 * @param present facts of the whole target
 */
export function leaveGuests(backup: FactBase, present: FactBase, leftOut: LeftOut[]): FactBase {
  const roots = backup.facts().flatMap((fact) => {
    const { id } = fact;
    if (!isGuest(fact) || id.kind !== "policy" || present.has({ kind: "table", schema: id.schema, name: id.table })) return [];
    leftOut.push({ reason: "platform", subject: nameOf(id), message: "The table is the platform's to make, and the target does not have it." });
    return [id];
  });
  return without(backup, withDependents(backup, roots));
}
