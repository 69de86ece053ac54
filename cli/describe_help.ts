import type { Command } from "commander";

/** The end of every command's help: one example and what the exit code says. */
export function describeHelp(command: Command, example: string, exitCodes: string = "0 done, 1 bug, 2 usage, 3 refused"): Command {
  return command.addHelpText("after", `\nExit codes:\n  ${exitCodes}\n\nExample:\n  ${example}`);
}

export const VERDICT_EXIT_CODES = "0 passed, 1 bug, 2 usage, 3 refused, 10 failed, 11 inconclusive or skipped";
