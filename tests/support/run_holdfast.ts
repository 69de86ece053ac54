import { execFile } from "node:child_process";
import { join } from "node:path";

const HOLDFAST = join(import.meta.dirname, "../../cli/holdfast.mjs");

export interface HoldfastOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the command as a user does, with this environment and nothing but PATH from ours. */
export function runHoldfast(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<HoldfastOutcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [HOLDFAST, ...argv], { env: { PATH: process.env["PATH"], ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr });
    });
  });
}
