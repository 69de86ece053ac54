import { encodeId, type FactBase, type StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";
import type { FurtherKind } from "../schema/further_kinds.ts";

/** Kinds that rows cannot be loaded without, and whatever their functions may call while rows arrive. */
const BEFORE = new Set<string>([
  "schema", "extension", "collation", "type", "typeAttribute", "domain", "sequence", "table", "column", "default", "function", "procedure",
  "aggregate", "fdw", "server", "foreignTable", "language",
]);

/** Further objects that need rows or indexes. */
const AFTER = new Set<string>(["statistics", "clustering", "partition index", "replica identity"] satisfies FurtherKind[]);

/**
 * A check that calls no function of the database and does not look at the clock holds for a row by itself, so it can be there
 * while rows arrive. Others may look into tables that are loaded later, or were true only then.
 */
export function isPlainCheck(desired: FactBase, id: StableId): boolean {
  const fact = desired.get(id);
  if (fact?.payload["type"] !== "c" || fact.payload["validated"] !== true || fact.parent?.kind !== "table") return false;
  if (/\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|current_\w+|localtime\w*|random)\b/i.test(String(fact.payload["def"]))) return false;
  const { parent } = fact;
  return desired.outgoingEdges(id).every(({ to }) => to.kind === "column" && to.schema === parent.schema && to.table === parent.name);
}

/**
 * Whether an action is about something that has to be there before rows arrive. Owners and rights come along with their
 * object: default privileges of a target would otherwise open tables to others until the end of the restore. So does row
 * security, which hides everything as long as there are no policies.
 */
function comesBefore(action: Action, desired: FactBase): boolean {
  if (action.verb === "drop") return false;
  const [subject] = action.produces.length > 0 ? action.produces : action.consumes;
  if (subject === undefined) return false;
  if (subject.kind === "extensionIntent") return !AFTER.has(subject.intentKind) && isBelow(desired.get(subject)?.parent);
  if (subject.kind === "acl") return BEFORE.has(subject.target.kind);
  if (subject.kind === "constraint") return desired.get(subject)?.parent?.kind === "domain" || isPlainCheck(desired, subject);
  if (action.produces.length === 0 && /REPLICA IDENTITY|FORCE ROW LEVEL SECURITY|CLUSTER ON/.test(action.sql)) return false;
  return BEFORE.has(subject.kind);
}

/** Whether what hangs below it can be there before rows: views and indexes come after them. */
function isBelow(parent: StableId | undefined): boolean {
  return parent === undefined || parent.kind === "schema" || parent.kind === "table" || parent.kind === "column" || parent.kind === "foreignTable";
}

/**
 * Indexes of the actions for the half before the rows, in the plan's order: what rows need and, through any number of steps,
 * what that needs. A primary key comes forward for a view that groups by it, and the view for a function that returns its rows.
 */
export function chooseBefore(actions: readonly Action[], desired: FactBase): Set<number> {
  const producerOf = new Map<string, number>();
  actions.forEach((action, index) => {
    for (const id of action.produces) if (!producerOf.has(encodeId(id))) producerOf.set(encodeId(id), index);
  });
  const chosen = new Set<number>();
  const take = (start: number): void => {
    const queue = [start];
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      const action = actions[index];
      if (action === undefined || chosen.has(index)) continue;
      chosen.add(index);
      for (const id of neededBy(action, desired)) {
        const producer = producerOf.get(encodeId(id));
        if (producer !== undefined) queue.push(producer);
      }
    }
  };
  actions.forEach((action, index) => {
    if (comesBefore(action, desired)) take(index);
  });
  return chosen;
}

function* neededBy(action: Action, desired: FactBase): Generator<StableId> {
  yield* action.consumes;
  for (const id of action.produces) {
    const fact = desired.get(id);
    if (fact?.parent !== undefined) yield fact.parent;
    for (const edge of desired.outgoingEdges(id)) if (edge.kind === "depends") yield edge.to;
  }
}
