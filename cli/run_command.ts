import { CommanderError } from "commander";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import type { ExitCode, GlobalOptions, RunAction, Surroundings } from "./command_context.ts";
import { createContext } from "./create_context.ts";
import { createProgram } from "./create_program.ts";
import { renderError } from "./render_error.ts";

const USAGE = 2;
const BUG = 1;

/**
 * Runs the command with these arguments and returns its exit code: 0 passed, 1 bug, 2 usage, 3 refused, 10 failed,
 * 11 inconclusive, 12 asked for and to be called again. Never throws.
 */
export async function runCommand(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  const json = argv.includes("--json");
  let exitCode: ExitCode = 0;
  const run: RunAction = async (command, action) => {
    exitCode = await action(createContext(surroundings, command.optsWithGlobals<GlobalOptions>()));
  };
  const program = createProgram(run, {
    writeOut: (text) => void stdout.write(text),
    // Said once, below, in the form the caller asked for.
    writeErr: (text) => void (json ? undefined : stderr.write(text)),
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // Commander's name for printing the help because no command was given.
      const message = error.code === "commander.help" ? "No command was given" : error.message.replace(/^error: /, "");
      if (json) stderr.write(`${JSON.stringify({ code: "HF100", message, details: null, hint: "See holdfast --help." })}\n`);
      return USAGE;
    }
    stderr.write(renderError(error, json));
    return error instanceof HoldfastError ? error.exitCode : BUG;
  }
}
