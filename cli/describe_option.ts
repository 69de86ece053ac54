import type { Option } from "commander";

/**
 * What --help and docs/cli.md say about an option. A flag that is off and a list that is empty are no news, and a default
 * the text itself names is not named again.
 */
export function describeOption({ description, defaultValue, argChoices }: Option): string {
  const quiet = defaultValue === undefined || typeof defaultValue === "boolean" || (Array.isArray(defaultValue) && defaultValue.length === 0);
  const notes = [
    ...(argChoices === undefined ? [] : [argChoices.join(", ")]),
    ...(quiet || description.includes("(default:") ? [] : [`default: ${String(defaultValue)}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}
