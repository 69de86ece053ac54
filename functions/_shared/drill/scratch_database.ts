import type { Client } from "pg";
import type { Queryable } from "../database/queryable.ts";

/** Nothing else is ever created or dropped, whatever a row of the ledger says. */
const SCRATCH_NAME = /^holdfast_drill_\d{1,10}_[0-9a-f]{32}$/;

function quoted(name: string): string {
  if (!SCRATCH_NAME.test(name)) throw new Error(`"${name}" is not the name of a scratch database`);
  return `"${name}"`;
}

/** The URL of another database on the same server. */
export function urlOfDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * Creates an empty database with the encoding and the collation of the connected one, because both decide what a restored
 * database accepts and how it sorts. One of that name that an earlier attempt left is dropped first.
 */
export async function createScratchDatabase(client: Client, name: string): Promise<void> {
  const { rows: [origin] } = await client.query<{ encoding: string; collate: string; ctype: string; provider: string; locale: string | null }>(
    // The column of the locale has changed its name twice; as JSON the row has whichever there is.
    `select pg_catalog.pg_encoding_to_char(b.encoding) as encoding, b.datcollate as collate, b.datctype as ctype,
            b.datlocprovider as provider, coalesce(j ->> 'datlocale', j ->> 'daticulocale') as locale
     from pg_catalog.pg_database b cross join lateral to_jsonb(b) as j where b.datname = current_database()`);
  if (origin === undefined) throw new Error("The database does not know itself");
  await dropScratchDatabase(client, name);
  const provider = origin.provider === "i" ? ` locale_provider icu icu_locale ${literal(origin.locale ?? "und")}`
    : origin.provider === "b" ? ` locale_provider builtin builtin_locale ${literal(origin.locale ?? "C.UTF-8")}` : "";
  await client.query(`create database ${quoted(name)} template template0 encoding ${literal(origin.encoding)}
    lc_collate ${literal(origin.collate)} lc_ctype ${literal(origin.ctype)}${provider}`);
}

/** Drops it with the sessions that are still in it: a worker that was given up must not keep it alive. */
export async function dropScratchDatabase(client: Queryable, name: string): Promise<void> {
  await client.query(`drop database if exists ${quoted(name)} with (force)`);
}

/** Ends other sessions in the connected database: whoever holds the step is alone, so they are of workers that lost it. */
export async function endOtherSessions(client: Queryable): Promise<void> {
  await client.query(`select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
    where a.datname = current_database() and a.pid <> pg_backend_pid() and a.application_name like 'holdfast %'`);
}

/**
 * Drops the scratch databases of drills that are over or unknown. One that cannot be dropped does not keep the others;
 * the next tick finds it again.
 */
export async function reapScratchDatabases(client: Queryable, log: (line: string) => void): Promise<string[]> {
  const { rows } = await client.query("select o.database_name, o.reason from backup.orphaned_scratch_databases() o");
  const dropped: string[] = [];
  for (const { database_name: name, reason } of rows as { database_name: string; reason: string }[]) {
    try {
      await dropScratchDatabase(client, name);
      dropped.push(name);
      log(`dropped ${name}: ${reason}`);
    } catch (error) {
      log(`cannot drop ${name}: ${error instanceof Error ? error.message : "unknown reason"}`);
    }
  }
  return dropped;
}
