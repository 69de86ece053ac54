import { escapeIdentifier } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { enableWords } from "./enable_words.ts";
import { firingEventTriggers } from "./firing_event_triggers.ts";
import type { RestoreOptions } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Refuses a target whose event triggers the restore would call: they may call outward, and change what is restored. Those of
 * the platform stay in force, since new extensions need the rights that they grant; so sessions that make objects are no
 * replicas. Where only rows are restored, the little DDL there is is Holdfast's own, and ordinary ones need not hear of it.
 *
 * @throws {HoldfastError} HF502 naming them, with the statements that let the restore go on.
 */
export function refuseEventTriggers(target: Pick<TargetInfo, "database" | "eventTriggers" | "mayReplicate">, options: Pick<RestoreOptions, "dataOnly">): void {
  const firing = firingEventTriggers(target.eventTriggers, options.dataOnly && target.mayReplicate);
  if (firing.length === 0) return;
  throw new HoldfastError("HF502", `Database "${target.database}" has event triggers that the restore would call`, {
    detail: firing.slice(0, 10).map(({ name }) => name).join(", "),
    hint: `Disable them for the restore, as their owner: ${firing.map(({ name }) => `alter event trigger ${escapeIdentifier(name)} disable;`).join(" ")} `
      + `Enable them when it has ended: ${firing.map(({ name, enabled }) => `alter event trigger ${escapeIdentifier(name)} ${enableWords(enabled) ?? "enable"};`).join(" ")}` });
}
