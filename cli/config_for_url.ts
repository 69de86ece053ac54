import type { Env } from "../functions/_shared/config/env.ts";
import { type Config, isDatabaseUrl, parseConfig } from "../functions/_shared/config/parse_config.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";

/**
 * The configuration for a database URL from elsewhere than HOLDFAST_DB_URL; what is wrong with it is said of its source.
 * An empty one is a shell variable that was not set: it must not mean the database of the environment.
 *
 * @throws HoldfastError HF102
 */
export function configForUrl(env: Env, url: string, source: "--database-url" | "--to" | "HOLDFAST_TARGET_URL"): Config {
  if (url === "" || !isDatabaseUrl(url)) {
    throw new HoldfastError("HF102", url === "" ? `${source} is empty` : `${source} is not a PostgreSQL URL`, {
      hint: "Give postgresql://user:password@host:port/database, with special characters percent-encoded.",
    });
  }
  return parseConfig({ ...env, HOLDFAST_DB_URL: url });
}
