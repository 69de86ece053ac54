import { Cron } from "croner";

/** A schedule that pg_cron accepts, read into the moment it is due next. */
export type Schedule = { everyMs: number } | { cron: Cron };

/** Reads a pg_cron schedule; undefined when it is not one. pg_cron works in UTC. */
export function parseSchedule(text: string): Schedule | undefined {
  const seconds = /^\s*([1-9]|[1-5]\d)\s+seconds?\s*$/i.exec(text)?.[1];
  if (seconds !== undefined) return { everyMs: Number(seconds) * 1_000 };
  // `$` is pg_cron's last day of the month; croner spells it L.
  const expression = text.trim().replace(/\$/g, "L");
  if (/^\S+$/.test(expression) && !expression.startsWith("@")) return undefined;
  if (!expression.startsWith("@") && expression.split(/\s+/).length !== 5) return undefined;
  try {
    return { cron: new Cron(expression, { timezone: "UTC", paused: true }) };
  } catch {
    return undefined;
  }
}

/** The first moment after `from` at which the schedule is due, or undefined when it never is again. */
export function nextRun(schedule: Schedule, from: Date): Date | undefined {
  if ("everyMs" in schedule) return new Date(from.getTime() + schedule.everyMs);
  return schedule.cron.nextRun(from) ?? undefined;
}
