import type { FactBase } from "@supabase/pg-delta/core";
import { rebuild } from "./fact_edits.ts";

/**
 * Event triggers of the backup as they are until the restore has been proven: disabled, since those that are always enabled
 * would be called by what it and its proof still do. `wakeEventTriggers` makes them what they were. One that the target has
 * enabled is the platform's and stays as it is; a restore is refused where it is somebody else's.
 */
export function adaptEventTriggers(desired: FactBase, current: FactBase): FactBase {
  const isAwake = (enabled: unknown) => enabled !== undefined && enabled !== "D";
  let changed = false;
  const facts = desired.facts().map((fact) => {
    if (fact.id.kind !== "eventTrigger" || !isAwake(fact.payload["enabled"]) || isAwake(current.get(fact.id)?.payload["enabled"])) return fact;
    changed = true;
    return { ...fact, payload: { ...fact.payload, enabled: "D" } };
  });
  return changed ? rebuild(facts, desired.edges) : desired;
}
