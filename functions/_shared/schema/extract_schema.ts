import { buildFactBase, encodeId } from "@supabase/pg-delta/core";
import { extract } from "@supabase/pg-delta/extract";
import type { Pool } from "pg";
import { furtherObjects } from "./further_objects.ts";

/** What a database is made of: the facts of the schema engine and those of the objects it does not model. */
export async function extractSchema(pool: Pool): ReturnType<typeof extract> {
  const extracted = await extract(pool, { handlers: [furtherObjects] });
  const { factBase } = extracted;
  // Since PostgreSQL 17 a domain's NOT NULL is a constraint as well; the domain says it already, and twice is an error.
  const twice = new Set(factBase.facts().flatMap(({ id, payload, parent }) => (id.kind === "constraint" && parent?.kind === "domain" && payload["type"] === "n" ? [encodeId(id)] : [])));
  if (twice.size === 0) return extracted;
  const facts = factBase.facts().filter(({ id }) => !twice.has(encodeId(id)) && !("target" in id && twice.has(encodeId(id.target))));
  const edges = factBase.edges.filter(({ from, to }) => !twice.has(encodeId(from)) && !twice.has(encodeId(to)));
  return { ...extracted, factBase: buildFactBase(facts, edges, "liveDb") };
}
