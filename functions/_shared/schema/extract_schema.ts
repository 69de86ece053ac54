import { buildFactBase, encodeId } from "@supabase/pg-delta/core";
import { extract } from "@supabase/pg-delta/extract";
import type { Pool } from "pg";
import type { FurtherKind } from "./further_kinds.ts";
import { furtherObjects } from "./further_objects.ts";

/** What a database is made of: the facts of the schema engine and those of the objects it does not model. */
export async function extractSchema(pool: Pool): ReturnType<typeof extract> {
  const extracted = await extract(pool, { handlers: [furtherObjects] });
  const { factBase } = extracted;
  // Since PostgreSQL 17 a domain's NOT NULL is a constraint as well; the domain says it already, and twice is an error.
  const untrue = new Set(factBase.facts().flatMap(({ id, payload, parent }) => (id.kind === "constraint" && parent?.kind === "domain" && payload["type"] === "n" ? [encodeId(id)] : [])));
  // Default rights in one schema add to those of the whole database; what they do not mention, they do not take.
  for (const { id, payload: { privileges } } of factBase.facts()) {
    if (id.kind === "defaultPrivilege" && id.schema !== null && Array.isArray(privileges) && privileges.length === 0) untrue.add(encodeId(id));
  }
  const above = (kind: FurtherKind) => new Set(factBase.facts().flatMap(({ id, parent }) => (id.kind === "extensionIntent" && id.intentKind === kind && parent !== undefined ? [encodeId(parent)] : [])));
  const [replicated, owned] = [above("replica identity"), above("sequence owner")];
  if (untrue.size + replicated.size + owned.size === 0) return extracted;
  const facts = factBase.facts().filter(({ id }) => !untrue.has(encodeId(id)) && !("target" in id && untrue.has(encodeId(id.target))))
    // Said by facts of their own, as the engine looks for an index or a column that it does not have.
    .map((fact) => (replicated.has(encodeId(fact.id)) ? { ...fact, payload: { ...fact.payload, replicaIdentity: "d", replicaIdentityIndex: null } } : fact))
    .map((fact) => (owned.has(encodeId(fact.id)) ? { ...fact, payload: { ...fact.payload, ownedBy: null } } : fact));
  const edges = factBase.edges.filter(({ from, to }) => !untrue.has(encodeId(from)) && !untrue.has(encodeId(to)));
  return { ...extracted, factBase: buildFactBase(facts, edges, "liveDb") };
}
