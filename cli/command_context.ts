import type { Command } from "commander";
import type { Client } from "pg";
import type { Env } from "../functions/_shared/config/env.ts";
import type { Palette } from "./palette.ts";

/** Output streams as the command sees them; process.stdout fits, and so does a plain stream in a test. */
export type OutputStream = NodeJS.WritableStream & { isTTY?: boolean };

export interface Surroundings {
  env: Env;
  stdout: OutputStream;
  stderr: OutputStream;
  /** Where answers come from; without it nothing is ever asked. */
  stdin?: NodeJS.ReadableStream & { isTTY?: boolean };
}

export interface GlobalOptions {
  databaseUrl?: string;
  json: boolean;
  color: boolean;
  quiet: boolean;
}

/** What an action gets besides its own flags. */
export interface CommandContext {
  env: Env;
  options: GlobalOptions;
  palette: Palette;
  /** Data, to stdout. */
  print(text: string): void;
  /** Data as JSON, to stdout. */
  printJson(value: unknown): void;
  /** Talk, to stderr; silent with --quiet and --json. */
  note(text: string): void;
  /** Shows that work is going on, where somebody is watching; returns what `task` returns. */
  withProgress<T>(label: string, task: (update: (label: string) => void) => Promise<T>): Promise<T>;
  /** Asks for yes or no, on stderr. Null where there is nobody to ask, which is no yes. */
  confirm(question: string): Promise<boolean | null>;
  /** URL of the database this command works on. @throws HoldfastError HF102 when none is given */
  databaseUrl(): string;
  /** A session the caller closes. @throws HoldfastError HF102, HF104 */
  connect(applicationName: string): Promise<Client>;
  /** A session to that database. @throws HoldfastError HF102, HF104, HF105 */
  withDatabase<T>(task: (client: Client) => Promise<T>): Promise<T>;
}

/** Exit code of a command that ended by itself: 0 passed, 10 failed, 11 inconclusive or skipped, 12 asked for and to be called again. */
export type ExitCode = 0 | 10 | 11 | 12;

/** Runs an action with its context and keeps its exit code. */
export type RunAction = (command: Command, action: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;

/** One file below commands/ exports one of these. */
export type RegisterCommand = (program: Command, run: RunAction) => void;
