import { confirm } from "@clack/prompts";
import type { Readable, Writable } from "node:stream";
import type { Env } from "../functions/_shared/config/env.ts";
import { type Config, parseConfig } from "../functions/_shared/config/parse_config.ts";
import { connect, withClient } from "../functions/_shared/database/connect.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import type { CommandContext, GlobalOptions, Surroundings } from "./command_context.ts";
import { configForUrl } from "./config_for_url.ts";
import { explainMissing } from "./explain_missing.ts";
import { logProgress } from "./log_progress.ts";
import { createPalette } from "./palette.ts";
import { showProgress } from "./show_progress.ts";
import { warnUnverified } from "./warn_unverified.ts";

export function createContext({ env, stdout, stderr, stdin }: Surroundings, options: GlobalOptions): CommandContext {
  let warned = false;
  const config = () => readConfig(env, options.databaseUrl);
  /** The configuration of a session about to be opened. */
  const session = (): Config => {
    const found = config();
    warned ||= warnUnverified(context, found);
    return found;
  };
  const silent = options.quiet || options.json;
  const context: CommandContext = {
    env,
    options,
    palette: createPalette(options.color && !env["NO_COLOR"] && stdout.isTTY === true),
    print: (text) => void stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    printJson: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    note: (text) => void (silent ? undefined : stderr.write(`${text}\n`)),
    withProgress: async (label, task) => {
      if (silent) return await task(() => undefined);
      const shown = stderr.isTTY === true ? showProgress(stderr, label) : logProgress(stderr, label);
      try {
        const result = await task(shown.update);
        shown.end("done");
        return result;
      } catch (error) {
        shown.end("failed");
        throw error;
      }
    },
    confirm: async (question) => {
      if (options.json || stdin?.isTTY !== true || stderr.isTTY !== true) return null;
      const answer = await confirm({ message: question, initialValue: false, input: stdin as unknown as Readable, output: stderr as unknown as Writable });
      return answer === true;
    },
    databaseUrl: () => config().databaseUrl,
    connect: async (applicationName) => {
      const { databaseUrl, databaseCa } = session();
      return await connect(databaseUrl, { applicationName, ca: databaseCa });
    },
    withDatabase: async (task) => {
      const { databaseUrl, databaseCa } = session();
      try {
        return await withClient(databaseUrl, { applicationName: "holdfast cli", ca: databaseCa }, task);
      } catch (error) {
        throw explainMissing(error);
      }
    },
  };
  return context;
}

/** What is wrong with the database URL is said of the option when it came from there. */
function readConfig(env: Env, databaseUrl: string | undefined): Config {
  if (databaseUrl !== undefined) return configForUrl(env, databaseUrl, "--database-url");
  if (env["HOLDFAST_DB_URL"] || env["SUPABASE_DB_URL"]) return parseConfig(env);
  throw new HoldfastError("HF102", "The database URL is not set", {
    hint: "Give --database-url, or set HOLDFAST_DB_URL, to postgresql://user:password@host:port/database.",
  });
}
