import type { FactBase } from "@supabase/pg-delta/core";
import { type Client, escapeLiteral } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { rebuild } from "./fact_edits.ts";
import { quietly } from "./quietly.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Lets the target spell the ICU locales of collations that it has and the backup spells differently. From PostgreSQL 16 on a server
 * keeps the standard form of a locale, so only the target can say whether two names mean the same. It makes each
 * collation of the backup as a temporary one in a transaction that is rolled back.
 *
 * @param target whether the role may set `session_replication_role`
 */
export async function respellCollations(client: Client, current: FactBase, desired: FactBase, target: Pick<TargetInfo, "mayReplicate"> = { mayReplicate: false }): Promise<FactBase> {
  const differing = desired.facts().filter(({ id, payload }) => {
    const there = id.kind === "collation" ? current.get(id) : undefined;
    return there !== undefined && payload["provider"] === "i" && there.payload["provider"] === "i" && there.payload["locale"] !== payload["locale"];
  });
  if (differing.length === 0) return desired;
  const spelled = new Map<unknown, string>();
  await client.query(`begin; ${quietly(target)}set local search_path = pg_catalog; set local client_min_messages = warning`);
  try {
    for (const { payload } of differing) {
      const locale = await spell(client, String(payload["locale"]));
      if (locale !== null) spelled.set(payload, locale);
    }
  } finally {
    await client.query("rollback");
  }
  return rebuild(desired.facts().map((fact) => {
    const locale = spelled.get(fact.payload);
    return locale === undefined ? fact : { ...fact, payload: { ...fact.payload, locale } };
  }), desired.edges);
}

/** The locale as this server keeps it; null if it does not accept it, which the comparison then shows. */
async function spell(client: Client, locale: string): Promise<string | null> {
  await client.query("savepoint spelling");
  try {
    await client.query(`create collation pg_temp.holdfast_spelling (provider = icu, locale = ${escapeLiteral(locale)})`);
    // The column has another name since PostgreSQL 17.
    const { rows: [row] } = await client.query<{ locale: string | null }>(
      `select coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale') as locale from pg_catalog.pg_collation c where c.oid = 'pg_temp.holdfast_spelling'::pg_catalog.regcollation`);
    return row?.locale ?? null;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return null;
  } finally {
    await client.query("rollback to savepoint spelling");
  }
}
