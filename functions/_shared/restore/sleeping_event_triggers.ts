import type { FactBase, StableId } from "@supabase/pg-delta/core";
import { escapeIdentifier } from "pg";
import { enableWords } from "./enable_words.ts";

/** An event trigger that a restore leaves disabled to its end. */
export interface SleepingEventTrigger {
  id: StableId;
  /** Makes it what it was in the source. */
  sql: string;
}

/**
 * Event triggers of the backup that are enabled in it and disabled on the other side, though they are the same otherwise.
 *
 * @param found the one of this name there, in the form of its fact
 */
export function sleepingEventTriggers(backup: FactBase, found: (name: string) => Readonly<Record<string, unknown>> | undefined): SleepingEventTrigger[] {
  return backup.facts().flatMap(({ id, payload }) => {
    if (id.kind !== "eventTrigger") return [];
    const words = enableWords(payload["enabled"]);
    const there = found(id.name);
    if (words === undefined || there?.["enabled"] !== "D") return [];
    const isSame = ["event", "functionSchema", "functionName"].every((key) => there[key] === payload[key]);
    return isSame ? [{ id, sql: `alter event trigger ${escapeIdentifier(id.name)} ${words}` }] : [];
  });
}
