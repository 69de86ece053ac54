import { buildFactBase, type DependencyEdge, encodeId, type Fact, type FactBase, type StableId } from "@supabase/pg-delta/core";
import { GUEST_SCHEMA } from "../schema/is_guest.ts";
import { keyParts } from "../schema/key_parts.ts";

/** Schema an object lives in; null for objects of the whole database, such as roles, extensions and publications. */
function schemaOf(id: StableId): string | null {
  if (id.kind === "schema") return id.name;
  if ("schema" in id && typeof id.schema === "string") return id.schema;
  if (id.kind === "extensionIntent") return keyParts(id.key)[0] ?? null;
  const target = targetOf(id);
  return target === undefined ? null : schemaOf(target);
}

/**
 * The part of a captured schema that belongs to a backup: objects of the included schemas and of the database as a whole,
 * without the members of extensions, which CREATE EXTENSION brings back. What depended on a member depends on its
 * extension instead, so that a plan still creates extensions first.
 * Fewer facts also mean less CPU: pgTAP alone has a thousand functions.
 *
 * @param withGuests also policies of the project on tables that are the platform's to make, without these tables
 */
export function selectFacts(factBase: FactBase, includedSchemas: ReadonlySet<string>, withGuests = true): FactBase {
  const extensionOf = new Map<string, StableId>();
  for (const edge of factBase.edges) if (edge.kind === "memberOfExtension") extensionOf.set(encodeId(edge.from), edge.to);

  // An extension needs the schema it is installed in, and its users the rights on it, also when nothing else of it is backed up.
  const homes = new Set<string>();
  for (const { id, payload } of factBase.facts()) {
    if (id.kind === "extension" && typeof payload["schema"] === "string") homes.add(payload["schema"]);
  }
  const kept = new Map<string, Fact>();
  for (const fact of factBase.facts()) {
    const schema = schemaOf(fact.id);
    const { kind } = fact.id;
    const about = kind === "acl" || kind === "comment" ? fact.id.target : fact.id;
    if (about.kind === "eventTrigger" && callsUncovered(factBase, about, includedSchemas, extensionOf)) continue;
    const isHome = about.kind === "schema" && homes.has(about.name);
    const isGuests = withGuests && about.kind === "policy" && about.schema === GUEST_SCHEMA;
    const isIncluded = schema === null || includedSchemas.has(schema);
    if ((!isIncluded && !isHome && !isGuests) || isMember(factBase, fact, extensionOf)) continue;
    kept.set(encodeId(fact.id), !isIncluded && kind === "policy" ? { id: fact.id, payload: fact.payload } : fact);
  }
  const edges: DependencyEdge[] = [];
  for (const edge of factBase.edges) {
    if (!kept.has(encodeId(edge.from))) continue;
    const to = kept.has(encodeId(edge.to)) ? edge.to : extensionOf.get(encodeId(edge.to));
    if (to !== undefined) edges.push({ ...edge, to });
  }
  return buildFactBase([...kept.values()], edges, "liveDb");
}

/**
 * An event trigger goes with its function. Those of a platform call functions in schemas that are the platform's: without
 * them no statement could make the trigger, and where they are, the platform has made the trigger as well.
 */
function callsUncovered(factBase: FactBase, id: StableId, includedSchemas: ReadonlySet<string>, extensionOf: ReadonlyMap<string, StableId>): boolean {
  const payload = factBase.get(id)?.payload;
  if (payload === undefined) return false;
  const schema = String(payload["functionSchema"]);
  return !includedSchemas.has(schema) && !extensionOf.has(encodeId({ kind: "function", schema, name: String(payload["functionName"]), args: [] }));
}

/** What a comment, grant or label is about. */
function targetOf(id: StableId): StableId | undefined {
  return "target" in id && typeof id.target === "object" ? id.target : undefined;
}

/** True for members of extensions and for what hangs below them: their columns, comments and privileges. */
function isMember(factBase: FactBase, fact: Fact, extensionOf: ReadonlyMap<string, StableId>): boolean {
  let current: Fact | undefined = fact;
  while (current !== undefined) {
    if (extensionOf.has(encodeId(current.id))) return true;
    const above: StableId | undefined = current.parent ?? targetOf(current.id);
    current = above === undefined ? undefined : factBase.get(above);
  }
  return false;
}
