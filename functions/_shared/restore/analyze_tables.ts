import type { Client } from "pg";
import { closeClient } from "../database/close_client.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import type { RestoreContext } from "./restore_context.ts";

/**
 * The tables and the partitioned tables above them, largest first. Analyzing a table analyzes everything below it too, and asks
 * the other server where that is a foreign table: such a one is named, and its tables are analyzed one by one.
 * A role that may not analyze a table gets a warning from the server and no statistics, so those are found here.
 */
const TABLES_SQL = `
  with recursive wanted as (
    select t.oid, coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) as root
    from pg_catalog.jsonb_to_recordset($1::jsonb) as w(schema text, name text)
    join pg_catalog.pg_namespace n on n.nspname = w.schema
    join pg_catalog.pg_class t on t.relnamespace = n.oid and t.relname = w.name and t.relkind in ('r', 'p')),
  below as (
    select oid as top, oid from (select oid from wanted union select root from wanted) tops
    union select b.top, i.inhrelid from below b join pg_catalog.pg_inherits i on i.inhparent = b.oid),
  asking as (select b.top from below b join pg_catalog.pg_class c on c.oid = b.oid where c.relkind = 'f'),
  chosen as (
    select root as oid from wanted
    union select oid from wanted where root in (select top from asking))
  select n.nspname as schema, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, pg_catalog.pg_has_role(c.relowner, 'usage') as allowed, c.oid in (select top from asking) as asks
  from chosen join pg_catalog.pg_class c on c.oid = chosen.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  order by pg_catalog.pg_relation_size(c.oid) desc, 1`;

/** From 17 on a table can be analyzed by who was granted to maintain it. */
const MAY_MAINTAIN = " or pg_catalog.has_table_privilege(c.oid, 'maintain')";

/** Gathers statistics of the context's tables, side by side, so that the first queries do not meet a planner that knows nothing. */
export async function analyzeTables(context: RestoreContext): Promise<void> {
  const sql = context.target.versionNum >= 170_000 ? TABLES_SQL.replace(" as allowed", `${MAY_MAINTAIN} as allowed`) : TABLES_SQL;
  const { rows } = await context.client.query<{ schema: string; name: string; allowed: boolean; asks: boolean }>(
    sql, [JSON.stringify(context.tables.map(({ schema, name }) => ({ schema, name })))]);
  const platforms = new Map<string, number>();
  for (const { schema, name } of rows.filter((one) => !one.allowed)) {
    // Every table of auth is the platform's, and one line for each would hide what is the project's.
    if (context.target.platformSchemas.includes(schema)) platforms.set(schema, (platforms.get(schema) ?? 0) + 1);
    else context.leftOut.push({ reason: "role", subject: `statistics of ${name}`, message: "The role may not analyze it; autovacuum will." });
  }
  for (const [schema, count] of platforms) {
    context.leftOut.push({ reason: "role", subject: `statistics of schema ${schema}`, message: `The role may not analyze ${count} of the platform's tables; autovacuum will.` });
  }
  for (const { name } of rows.filter((one) => one.allowed && one.asks)) {
    context.leftOut.push({ reason: "unsupported", subject: `statistics of ${name}`, message: "Part of it is a foreign table, whose server would be asked: run analyze when it may be." });
  }
  const waiting = rows.filter((one) => one.allowed && !one.asks).map(({ name }) => name);
  const total = waiting.length;
  let done = 0;
  const work = async (client: Client): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      try {
        await client.query(`analyze ${name}`);
      } catch (error) {
        const state = sqlStateOf(error);
        if (state === undefined) throw error;
        context.leftOut.push({ reason: "unsupported", subject: `statistics of ${name}`, message: `The server refuses to gather them (SQLSTATE ${state}).` });
      }
      context.onProgress(++done, total, name);
    }
  };
  const helpers: Client[] = [];
  try {
    while (helpers.length < Math.min(context.options.workers, total) - 1) helpers.push(await context.connect("holdfast analyze"));
    await Promise.all([context.client, ...helpers].map(work));
  } finally {
    for (const helper of helpers) await closeClient(helper);
  }
}
