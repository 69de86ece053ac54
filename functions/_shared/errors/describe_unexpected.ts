import { sqlStateOf } from "./from_postgres.ts";

/** Name, SQLSTATE and the place in the code; a message may hold values of rows. */
export function describeUnexpected(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, sqlStateOf(error) ?? "", ...frames.slice(0, 8).map((line) => line.trim())].filter(Boolean).join(" ");
}
