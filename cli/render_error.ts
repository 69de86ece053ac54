import { describeUnexpected } from "../functions/_shared/errors/describe_unexpected.ts";
import { sqlStateOf } from "../functions/_shared/errors/from_postgres.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";

/** An error for people, or with --json as the object docs/cli.md describes. Ends with a newline. */
export function renderError(error: unknown, json: boolean): string {
  const shown = describe(error);
  if (json) return `${JSON.stringify(shown)}\n`;
  return [
    `error: ${shown.message} (${shown.code})`,
    ...(shown.details === null ? [] : [`detail: ${shown.details}`]),
    ...(shown.hint === null ? [] : [`hint: ${shown.hint}`]),
    "",
  ].join("\n");
}

function describe(error: unknown): ReturnType<HoldfastError["toJSON"]> {
  if (error instanceof HoldfastError) return error.toJSON();
  const code = sqlStateOf(error) ?? "XX000";
  // Messages about statements, privileges and resources quote no rows; those about values may.
  const message = code !== "XX000" && /^(25|28|3[DF]|42|53|57)/.test(code) && error instanceof Error ? `database error: ${error.message}` : "unexpected error";
  return { code, message, details: describeUnexpected(error), hint: "This looks like a bug in Holdfast or a missing privilege." };
}
