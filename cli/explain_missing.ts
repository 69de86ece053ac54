import { fromPostgres, sqlStateOf } from "../functions/_shared/errors/from_postgres.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import { PUSH_COMMAND } from "./install/push_command.ts";

/** Schema, table or function not there. */
const NOT_INSTALLED = new Set(["3F000", "42P01", "42883"]);

/** Column not there. The server names the alias of the statement, not the schema; the command names columns of the ledger only. */
const OLDER = "42703";

/** Turns the server's complaint about a missing schema backup into HF105, that about a right into HF106; other errors as fromPostgres() does. */
export function explainMissing(error: unknown): unknown {
  if (sqlStateOf(error) === "42501" && error instanceof Error) {
    return new HoldfastError("HF106", "The role of the database URL lacks a right", {
      detail: error.message,
      hint: "Connect as the role that applied the migrations, which is postgres; holdfast doctor tells what this one lacks.",
      cause: error,
    });
  }
  if (sqlStateOf(error) === OLDER && error instanceof Error) return notInstalled("Schema backup of this database is not the one that this version needs", error);
  const missing = NOT_INSTALLED.has(sqlStateOf(error) ?? "") && error instanceof Error && /\bbackup\b/.test(error.message);
  return missing ? notInstalled("Holdfast is not installed in this database", error) : fromPostgres(error);
}

function notInstalled(message: string, error: Error): HoldfastError {
  return new HoldfastError("HF105", message, {
    detail: error.message,
    hint: `In the folder of the project run npx holdfast init, or npx holdfast upgrade where it is installed, then ${PUSH_COMMAND}; or name the right database with --database-url.`,
    cause: error,
  });
}
