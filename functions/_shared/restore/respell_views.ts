import type { FactBase } from "@supabase/pg-delta/core";
import type { Client, QueryConfig } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { rebuild } from "./fact_edits.ts";
import { quietly } from "./quietly.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Lets the target spell the queries of views, materialized views and rules that it has and the backup spells differently. A
 * server prints the same query otherwise than one of another version (up to 15, every column has its table before it), so only
 * the target can say whether two texts mean the same. It makes each view of the backup as a temporary one, and each rule in place
 * of its own, in a transaction that is rolled back.
 *
 * @param target whether the role may set `session_replication_role`
 */
export async function respellViews(client: Client, current: FactBase, desired: FactBase, target: Pick<TargetInfo, "mayReplicate"> = { mayReplicate: false }): Promise<FactBase> {
  const differing = desired.facts().filter(({ id, payload }) => {
    const there = id.kind === "view" || id.kind === "materializedView" || id.kind === "rule" ? current.get(id) : undefined;
    return there !== undefined && typeof payload["def"] === "string" && there.payload["def"] !== payload["def"];
  });
  if (differing.length === 0) return desired;
  const spelled = new Map<unknown, string>();
  // Event triggers need not hear of what is undone, and may call outward, which is not.
  await client.query(`begin; ${quietly(target)}set local search_path = pg_catalog; set local check_function_bodies = off`);
  try {
    for (const { id, payload } of differing) {
      const def = id.kind === "rule" ? await spellRule(client, id, String(payload["def"])) : await spellView(client, String(payload["def"]));
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
function spellView(client: Client, def: string): Promise<string | null> {
  return spell(client, `create temporary view holdfast_spelling as ${def}`, "select pg_catalog.pg_get_viewdef('pg_temp.holdfast_spelling'::regclass) as def", []);
}

function spellRule(client: Client, { schema, table, name }: { schema: string; table: string; name: string }, def: string): Promise<string | null> {
  return spell(client, def.replace(/^create (or replace )?rule /i, "create or replace rule "),
    `select pg_catalog.pg_get_ruledef(r.oid) as def from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2 and r.rulename = $3`, [schema, table, name]);
}

/** A query that the server refuses if it is more than one statement. The driver's types lack the option that its code knows. */
function singly(text: string): QueryConfig {
  return { text, queryMode: "extended" } as QueryConfig;
}

async function spell(client: Client, create: string, read: string, values: readonly string[]): Promise<string | null> {
  await client.query("savepoint spelling");
  try {
    // Only the simple protocol takes several statements, and one of them could end the transaction that undoes this.
    await client.query(singly(create));
    const { rows: [row] } = await client.query<{ def: string }>(read, [...values]);
    return row?.def ?? null;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return null;
  } finally {
    await client.query("rollback to savepoint spelling");
  }
}
