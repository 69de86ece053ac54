import { spinner } from "@clack/prompts";
import type { Writable } from "node:stream";
import { parseConfig } from "../functions/_shared/config/parse_config.ts";
import { connect, withClient } from "../functions/_shared/database/connect.ts";
import { fromPostgres, sqlStateOf } from "../functions/_shared/errors/from_postgres.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import type { CommandContext, GlobalOptions, Surroundings } from "./command_context.ts";
import { createPalette } from "./palette.ts";

/** Schema, table or function not there. */
const NOT_INSTALLED = new Set(["3F000", "42P01", "42883"]);

export function createContext({ env, stdout, stderr }: Surroundings, options: GlobalOptions): CommandContext {
  const config = () => parseConfig(options.databaseUrl === undefined ? env : { ...env, HOLDFAST_DB_URL: options.databaseUrl });
  const silent = options.quiet || options.json;
  const context: CommandContext = {
    env,
    options,
    palette: createPalette(options.color && !env["NO_COLOR"] && stdout.isTTY === true),
    print: (text) => void stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    printJson: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    note: (text) => void (silent ? undefined : stderr.write(`${text}\n`)),
    withProgress: async (label, task) => {
      if (silent || stderr.isTTY !== true) return await task(() => undefined);
      const shown = spinner({ output: stderr as unknown as Writable });
      shown.start(label);
      try {
        const result = await task((next) => shown.message(next));
        shown.stop(label);
        return result;
      } catch (error) {
        shown.error(label);
        throw error;
      }
    },
    databaseUrl: () => config().databaseUrl,
    connect: (applicationName) => connect(config().databaseUrl, { applicationName, ca: config().databaseCa }),
    withDatabase: async (task) => {
      const { databaseUrl, databaseCa } = config();
      try {
        return await withClient(databaseUrl, { applicationName: "holdfast cli", ca: databaseCa }, task);
      } catch (error) {
        throw explain(error);
      }
    },
  };
  return context;
}

function explain(error: unknown): unknown {
  const missing = NOT_INSTALLED.has(sqlStateOf(error) ?? "") && error instanceof Error && /\bbackup\b/.test(error.message);
  if (!missing) return fromPostgres(error);
  return new HoldfastError("HF105", "Holdfast is not installed in this database", {
    detail: error.message,
    hint: "Apply the migrations with supabase db push, or name the right database with --database-url.",
    cause: error,
  });
}
