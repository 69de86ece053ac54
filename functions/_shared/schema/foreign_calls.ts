import type { FactBase, StableId } from "@supabase/pg-delta/core";
import { calledFunction } from "./called_function.ts";

/** A trigger that calls a function of which a backup has only the name. */
export interface ForeignCall {
  caller: StableId;
  called: Extract<StableId, { args: string[] }>;
}

/**
 * Triggers and event triggers whose function is not among the facts and belongs to no extension: that of a database webhook
 * lives in a schema the platform makes and no backup covers.
 */
export function foreignCalls(base: FactBase): ForeignCall[] {
  return base.facts().flatMap((fact) => {
    const called = calledFunction(fact);
    if (called === undefined || base.has(called)) return [];
    const isOfExtension = base.outgoingEdges(fact.id).some(({ to }) => to.kind === "extension");
    return isOfExtension ? [] : [{ caller: fact.id, called }];
  });
}
