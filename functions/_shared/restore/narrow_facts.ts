import { encodeId, type Fact, type FactBase, type StableId } from "@supabase/pg-delta/core";
import { isRelation, nameOf, rebuild, schemaOf } from "./fact_edits.ts";
import type { LeftOut, RestoreOptions } from "./restore_context.ts";

type Only = NonNullable<RestoreOptions["only"]>;

/** Kinds that belong to a table and can be missing without the table being another one: they may need tables nobody asked for. */
function isOptional({ id, payload }: Fact): boolean {
  return id.kind === "policy" || id.kind === "trigger" || id.kind === "rule" || (id.kind === "constraint" && payload["type"] === "f");
}

/**
 * The tables and schemas that are wanted, with everything that they need and the target lacks: types, functions, sequences,
 * extensions, schemas, parents. Foreign keys, policies, triggers and rules that need tables neither wanted nor there are left out.
 * What is not wanted stays as the target has it.
 */
export function narrowFacts(desired: FactBase, current: FactBase, only: Only, leftOut: LeftOut[]): FactBase {
  const chosen = new Map<string, Fact>();
  const waiting: Fact[] = [];
  const take = (id: StableId): void => {
    const key = encodeId(id);
    const fact = desired.get(id);
    if (fact === undefined || chosen.has(key)) return;
    if (isOptional(fact)) {
      waiting.push(fact);
      return;
    }
    chosen.set(key, fact);
    if (fact.parent !== undefined && !chosen.has(encodeId(fact.parent))) takeContainer(fact.parent);
    for (const edge of desired.outgoingEdges(id)) if (edge.kind === "depends") takeNeeded(edge.to);
    // Everything in a schema is not part of one wanted table.
    if (id.kind !== "schema") for (const child of desired.childrenOf(id)) take(child.id);
  };
  const takeNeeded = (id: StableId): void => {
    if (current.has(id)) return;
    const fact = desired.get(id);
    // A column of a table that is needed brings its table.
    if (fact?.parent !== undefined && isRelation(fact.parent)) take(fact.parent);
    take(id);
  };
  const takeContainer = (id: StableId): void => {
    if (id.kind !== "schema") take(id);
    else if (!current.has(id)) {
      const fact = desired.get(id);
      if (fact !== undefined) chosen.set(encodeId(id), fact);
      for (const child of desired.childrenOf(id)) if (child.id.kind === "acl" || child.id.kind === "comment") chosen.set(encodeId(child.id), child);
    }
  };
  for (const { id } of desired.facts()) {
    if (isWanted(id, only)) take(id);
  }
  chooseOptional(desired, current, chosen, waiting, take, leftOut);
  const kept = new Map(chosen);
  for (const fact of current.facts()) if (!kept.has(encodeId(fact.id)) && !hangsOn(fact, chosen)) kept.set(encodeId(fact.id), fact);
  const edges = [
    ...desired.edges.filter((edge) => chosen.has(encodeId(edge.from))),
    ...current.edges.filter((edge) => !chosen.has(encodeId(edge.from))),
  ];
  const roles = desired.facts().filter(({ id }) => id.kind === "role" && !kept.has(encodeId(id)));
  return rebuild([...kept.values(), ...roles], edges);
}

function isWanted(id: StableId, only: Only): boolean {
  if (id.kind === "acl" || id.kind === "comment") return id.target.kind === "schema" && only.some((one) => one.name === null && isSchema(id.target, one.schema));
  return only.some((one) => (one.name === null ? schemaOf(id) === one.schema
    : isRelation(id) && "schema" in id && "name" in id && id.schema === one.schema && id.name === one.name));
}

function isSchema(id: StableId, name: string): boolean {
  return id.kind === "schema" && id.name === name;
}

/** What the target has on a table that is restored gives way to what the backup has. */
function hangsOn({ parent }: Fact, chosen: ReadonlyMap<string, Fact>): boolean {
  return parent !== undefined && parent.kind !== "schema" && chosen.has(encodeId(parent));
}

function chooseOptional(desired: FactBase, current: FactBase, chosen: Map<string, Fact>, waiting: Fact[], take: (id: StableId) => void, leftOut: LeftOut[]): void {
  const here = (id: StableId) => chosen.has(encodeId(id)) || current.has(id);
  /** A relation this fact needs, directly or through functions and views, that is neither wanted nor there. */
  const lacks = (root: StableId): StableId | undefined => {
    const seen = new Set<string>();
    const queue = [root];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (seen.has(encodeId(id))) continue;
      seen.add(encodeId(id));
      const fact = desired.get(id);
      const owner = fact?.parent !== undefined && isRelation(fact.parent) ? fact.parent : id;
      if (isRelation(owner) && !here(owner)) return owner;
      for (const edge of desired.outgoingEdges(id)) if (edge.kind === "depends") queue.push(edge.to);
    }
    return undefined;
  };
  // Taking one may bring functions along, and these nothing that waits: the list only shrinks.
  for (let fact = waiting.pop(); fact !== undefined; fact = waiting.pop()) {
    const lacking = lacks(fact.id);
    if (lacking !== undefined) {
      leftOut.push({ reason: "not_wanted", subject: nameOf(fact.id), message: `It needs ${nameOf(lacking)}, which was not asked for and is not in the target.` });
      continue;
    }
    chosen.set(encodeId(fact.id), fact);
    for (const edge of desired.outgoingEdges(fact.id)) if (edge.kind === "depends" && !current.has(edge.to)) take(edge.to);
    for (const child of desired.childrenOf(fact.id)) take(child.id);
  }
}
