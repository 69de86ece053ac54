import type { EventTrigger } from "./target.ts";

/**
 * Those that the restore would call.
 *
 * @param isQuiet whether its sessions are replicas for all DDL, to which ordinary event triggers do not listen. A login comes
 *   before a session can be made one.
 */
export function firingEventTriggers(triggers: readonly EventTrigger[], isQuiet: boolean): EventTrigger[] {
  return triggers.filter(({ event, enabled }) => !isQuiet || enabled !== "O" || event === "login");
}
