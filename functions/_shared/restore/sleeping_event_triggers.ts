import type { FactBase, StableId } from "@supabase/pg-delta/core";
import { escapeIdentifier } from "pg";

/** An event trigger that a restore leaves disabled to its end. */
export interface SleepingEventTrigger {
  id: StableId;
  /** Makes it what it was in the source. */
  sql: string;
}

const WORDS: Readonly<Record<string, string>> = { O: "enable", A: "enable always", R: "enable replica" };

/**
 * Event triggers of the backup that are enabled in it and disabled on the other side, though they are the same otherwise.
 *
 * @param found the one of this name there, in the form of its fact
 */
export function sleepingEventTriggers(backup: FactBase, found: (name: string) => Readonly<Record<string, unknown>> | undefined): SleepingEventTrigger[] {
  return backup.facts().flatMap(({ id, payload }) => {
    const words = WORDS[String(payload["enabled"])];
    const there = id.kind === "eventTrigger" ? found(id.name) : undefined;
    if (id.kind !== "eventTrigger" || words === undefined || there?.["enabled"] !== "D") return [];
    const isSame = ["event", "functionSchema", "functionName"].every((key) => there[key] === payload[key]);
    return isSame ? [{ id, sql: `alter event trigger ${escapeIdentifier(id.name)} ${words}` }] : [];
  });
}
