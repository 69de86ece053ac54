import { buildFactBase, type DependencyEdge, encodeId, type Fact, type FactBase, type StableId } from "@supabase/pg-delta/core";
import { keyParts } from "../schema/key_parts.ts";

/** Schema an object lives in; null for objects of the whole database. What a comment or grant is about decides for it. */
export function schemaOf(id: StableId): string | null {
  if (id.kind === "schema") return id.name;
  if ("schema" in id && typeof id.schema === "string") return id.schema;
  if (id.kind === "extensionIntent") return keyParts(id.key)[0] ?? null;
  return "target" in id && typeof id.target === "object" ? schemaOf(id.target) : null;
}

/** Kinds whose facts hold rows or rows' values. */
const RELATIONS = new Set(["table", "view", "materializedView", "foreignTable"]);

export function isRelation(id: StableId): boolean {
  return RELATIONS.has(id.kind);
}

/** An object as people name it, such as `index public.orders_pkey`. */
export function nameOf(id: StableId): string {
  switch (id.kind) {
    case "comment": return `comment on ${nameOf(id.target)}`;
    case "acl": return `rights of ${id.grantee} on ${id.column === undefined ? "" : `column ${id.column} of `}${nameOf(id.target)}`;
    case "securityLabel": return `security label of ${nameOf(id.target)}`;
    case "membership": return `membership of ${id.member} in ${id.role}`;
    case "userMapping": return `user mapping of ${id.role} for server ${id.server}`;
    case "typeAttribute": return `attribute ${id.name} of type ${id.schema}.${id.type}`;
    case "publicationRel": return `table ${id.schema}.${id.table} in publication ${id.publication}`;
    case "publicationSchema": return `schema ${id.schema} in publication ${id.publication}`;
    case "defaultPrivilege": return `default rights of ${id.grantee} on objects of ${id.role}${id.schema === null ? "" : ` in schema ${id.schema}`}`;
    case "extensionIntent": return `${id.intentKind} ${keyParts(id.key).filter((one) => one !== null).join(".")}`;
    default: {
      const kind = id.kind.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
      if ("table" in id) return `${kind} ${id.name} of ${id.schema}.${id.table}`;
      if ("args" in id) return `${kind} ${id.schema}.${id.name}(${id.args.join(", ")})`;
      return `${kind} ${"schema" in id ? `${id.schema}.` : ""}${id.name}`;
    }
  }
}

/** Kinds that stay when something they mention goes: a publication of ten tables is one of nine without the tenth. */
const SURVIVORS = new Set(["publication", "schema", "role"]);

/**
 * Everything that cannot be without the roots: what hangs below them and, through any number of steps, what depends on them.
 * The roots are part of the answer.
 */
export function withDependents(base: FactBase, roots: Iterable<StableId>): Map<string, StableId> {
  const found = new Map<string, StableId>();
  const queue = [...roots];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const key = encodeId(id);
    if (found.has(key)) continue;
    found.set(key, id);
    for (const child of base.childrenOf(id)) queue.push(child.id);
    for (const edge of base.incomingEdges(id)) {
      if (edge.kind === "depends" && !SURVIVORS.has(edge.from.kind)) queue.push(edge.from);
    }
  }
  for (const { id } of base.facts()) {
    // A publication names its tables without an edge.
    if (id.kind === "publicationRel" && found.has(encodeId({ kind: "table", schema: id.schema, name: id.table }))) found.set(encodeId(id), id);
  }
  return found;
}

/** The facts without these, and the edges between those that stay. */
export function without(base: FactBase, removed: ReadonlyMap<string, unknown>): FactBase {
  if (removed.size === 0) return base;
  return rebuild(base.facts().filter(({ id }) => !removed.has(encodeId(id))), base.edges);
}

/** A fact base of these facts; edges that lead nowhere are dropped. */
export function rebuild(facts: readonly Fact[], edges: readonly DependencyEdge[]): FactBase {
  const kept = new Set(facts.map(({ id }) => encodeId(id)));
  return buildFactBase([...facts], edges.filter((edge) => kept.has(encodeId(edge.from)) && kept.has(encodeId(edge.to))), "liveDb");
}
