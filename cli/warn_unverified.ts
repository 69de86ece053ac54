import { isUnverified } from "../functions/_shared/database/client_config.ts";
import type { Config } from "../functions/_shared/config/parse_config.ts";
import type { CommandContext } from "./command_context.ts";

/** Says so when sessions of a database are encrypted without a look at its certificate and nobody has asked for that. Returns whether it did. */
export function warnUnverified(context: Pick<CommandContext, "note" | "palette">, { databaseUrl, databaseCa }: Pick<Config, "databaseUrl" | "databaseCa">): boolean {
  if (!isUnverified(databaseUrl, databaseCa)) return false;
  context.note(`${context.palette.unsure("warning")}: the certificate of the database is not verified. Set HOLDFAST_DB_CA (dashboard, Database, SSL), or put sslmode=require into the URL if that is meant.`);
  return true;
}
