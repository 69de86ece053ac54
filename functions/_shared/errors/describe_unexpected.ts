import { sqlStateOf } from "./from_postgres.ts";

/** A stack frame ends in line and column; a line of a message that looks like a frame hardly does. */
const FRAME = /^\s+at .*:\d+:\d+\)?$/;

/** Name, SQLSTATE and the place in the code; a message may hold values of rows. */
export function describeUnexpected(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const stack = error.stack ?? "";
  // The stack begins with the message, and a message can have any lines.
  const at = stack.indexOf(error.message);
  const frames = stack.slice(at < 0 ? 0 : at + error.message.length).split("\n").filter((line) => FRAME.test(line));
  return [error.name, sqlStateOf(error) ?? "", ...frames.slice(0, 8).map((line) => line.trim())].filter(Boolean).join(" ");
}
