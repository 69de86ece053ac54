import { encodeId, type FactBase, type StableId } from "@supabase/pg-delta/core";

/** Tables that a table inherits from or is a partition of, at any distance. */
export function ancestorsOf(table: StableId, base: FactBase): Extract<StableId, { schema: string; name: string }>[] {
  const found = new Map<string, Extract<StableId, { schema: string; name: string }>>();
  const queue = [table];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const { kind, to } of base.outgoingEdges(id)) {
      if (kind !== "depends" || to.kind !== "table" || found.has(encodeId(to))) continue;
      found.set(encodeId(to), to);
      queue.push(to);
    }
  }
  return [...found.values()];
}
