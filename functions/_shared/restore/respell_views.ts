import type { FactBase } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { rebuild } from "./fact_edits.ts";

/**
 * Lets the target spell the queries of views and materialized views that it has and the backup spells differently. A server
 * prints the same query otherwise than one of another version (up to 15, every column has its table before it), so only the
 * target can say whether two texts mean the same. It makes each view of the backup as a temporary one, in a transaction that is
 * rolled back.
 */
export async function respellViews(client: Client, current: FactBase, desired: FactBase): Promise<FactBase> {
  const differing = desired.facts().filter(({ id, payload }) => {
    const there = id.kind === "view" || id.kind === "materializedView" ? current.get(id) : undefined;
    return there !== undefined && typeof payload["def"] === "string" && there.payload["def"] !== payload["def"];
  });
  if (differing.length === 0) return desired;
  const spelled = new Map<unknown, string>();
  await client.query("begin; set local search_path = pg_catalog; set local check_function_bodies = off");
  try {
    for (const { payload } of differing) {
      const def = await spell(client, String(payload["def"]));
      if (def !== null) spelled.set(payload, def);
    }
  } finally {
    await client.query("rollback");
  }
  return rebuild(desired.facts().map((fact) => {
    const def = spelled.get(fact.payload);
    return def === undefined ? fact : { ...fact, payload: { ...fact.payload, def } };
  }), desired.edges);
}

/** The query as this server prints it; null if it does not accept it, which the comparison then shows. */
async function spell(client: Client, def: string): Promise<string | null> {
  await client.query("savepoint spelling");
  try {
    await client.query(`create temporary view holdfast_spelling as ${def}`);
    const { rows: [row] } = await client.query<{ def: string }>("select pg_catalog.pg_get_viewdef('pg_temp.holdfast_spelling'::regclass) as def");
    return row?.def ?? null;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return null;
  } finally {
    await client.query("rollback to savepoint spelling");
  }
}
