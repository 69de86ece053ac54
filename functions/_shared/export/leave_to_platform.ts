import type { FactBase, StableId } from "@supabase/pg-delta/core";
import { without, withDependents } from "../restore/fact_edits.ts";
import { foreignCalls } from "../schema/foreign_calls.ts";
import { PLATFORM_OWNER } from "../schema/platform_owner.ts";

/**
 * Takes out what belongs to the database as a whole and works on schemas that no backup covers, where the platform makes it
 * anew: event triggers whose functions are there, and its publications of nothing but tables there. Restored without its
 * tables, that of Realtime's messages would keep Realtime from making it.
 *
 * @param all facts of the whole database
 */
export function leaveToPlatform(selected: FactBase, all: FactBase): FactBase {
  const roots: StableId[] = foreignCalls(selected).flatMap(({ caller }) => (caller.kind === "eventTrigger" ? [caller] : []));
  const members = all.facts().flatMap(({ id }) => (id.kind === "publicationRel" || id.kind === "publicationSchema" ? [id] : []));
  for (const { id } of selected.facts()) {
    if (id.kind !== "publication") continue;
    const published = members.filter(({ publication }) => publication === id.name);
    const isPlatforms = selected.outgoingEdges(id).some(({ kind, to }) => kind === "owner" && to.kind === "role" && PLATFORM_OWNER.test(to.name));
    if (isPlatforms && published.length > 0 && !published.some((one) => selected.has(one))) roots.push(id);
  }
  return without(selected, withDependents(selected, roots));
}
