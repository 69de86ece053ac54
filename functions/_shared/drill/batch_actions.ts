import type { SchemaAction } from "../restore/plan_schema.ts";

export interface BatchLimits {
  /** Statements of one batch. */
  actions: number;
  /** Characters of them. */
  text: number;
  /** Bytes of rows that its indexes and constraints read; one that reads more is a batch of its own. */
  bytes: number;
}

/** Each batch is one step of a drill, and has to fit into the time of an invocation. */
export const BATCH_LIMITS: BatchLimits = { actions: 100, text: 256 * 1024, bytes: 64 * 1024 * 1024 };

/**
 * Cuts a plan into batches, in its order. A batch ends where a statement has to be committed, so that it is done or not done
 * when its worker dies.
 *
 * @param weight bytes of a table, for statements that read its rows
 */
export function batchActions(actions: readonly SchemaAction[], weight: (table: string) => number, limits: BatchLimits = BATCH_LIMITS): SchemaAction[][] {
  const batches: SchemaAction[][] = [];
  let batch: SchemaAction[] = [];
  let text = 0;
  let bytes = 0;
  const close = () => {
    if (batch.length > 0) batches.push(batch);
    [batch, text, bytes] = [[], 0, 0];
  };
  for (const action of actions) {
    const reads = action.subject.kind === "index" || action.subject.kind === "constraint" || action.subject.kind === "materializedView";
    const cost = reads ? action.tables.reduce((sum, table) => sum + weight(table), 0) : 0;
    const isFull = batch.length >= limits.actions || text + action.sql.length > limits.text || (cost > 0 && bytes > 0 && bytes + cost > limits.bytes);
    if (isFull || action.alone) close();
    batch.push(action);
    text += action.sql.length;
    bytes += cost;
    if (action.alone || action.commitAfter) close();
  }
  close();
  return batches;
}
