import type { FactBase, StableId } from "@supabase/pg-delta/core";
import { nameOf } from "../restore/fact_edits.ts";
import type { ProofFinding } from "./proof.ts";
import { finding } from "./proof_step.ts";

/** Names of the columns of a table that both sides have, in the order of one. Inherited ones are not told of. */
function orderOf(id: StableId, side: FactBase, other: FactBase): string {
  return side.childrenOf(id).filter((one) => one.id.kind === "column" && other.has(one.id))
    .sort((a, b) => Number(a.payload["_position"]) - Number(b.payload["_position"]))
    .map((one) => ("name" in one.id ? JSON.stringify(one.id.name) : "")).join(", ");
}

/**
 * Tables whose columns come in another order than in the backup. Nothing of them is missing, so this does not decide a proof; but
 * who inserts without naming columns has to hear of it.
 */
export function compareOrder(current: FactBase, desired: FactBase): ProofFinding[] {
  return desired.facts().flatMap(({ id }) => {
    if (id.kind !== "table" || !current.has(id)) return [];
    const [wanted, found] = [orderOf(id, desired, current), orderOf(id, current, desired)];
    return wanted === found ? [] : [finding("check_schema", nameOf(id), "skipped", `columns in the order ${wanted}`, `columns in the order ${found}`)];
  });
}
