import type { FactBase } from "@supabase/pg-delta/core";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { Backup } from "../restore/backup_source.ts";
import { chunksOf } from "../restore/chunk_lists.ts";
import { planSchema, readSchema, type SchemaAction } from "../restore/plan_schema.ts";
import { FUNCTION_READS } from "../restore/read_limits.ts";
import { selectTables } from "../restore/select_tables.ts";
import { batchActions } from "./batch_actions.ts";
import { batchChunks, type TableChunk } from "./batch_chunks.ts";
import type { DrillContext, StepOutcome } from "./drill_context.ts";
import type { PlannedStep } from "./drill_ledger.ts";
import { DRILL_OPTIONS, plannedTables, type PlannedTables, scratchTarget } from "./restore_context_of.ts";

async function planNow(context: DrillContext, schema: FactBase) {
  const backup = await context.backup();
  const client = await context.scratch();
  const target = await scratchTarget(client, schema.facts().flatMap(({ id }) => (id.kind === "extension" ? [id.name] : [])));
  return { backup, target, plan: await planSchema(client, backup, schema, target, DRILL_OPTIONS) };
}

/**
 * Facts (columns, constraints, grants, …) up to which a function plans a schema. Measured: 0.43 s of CPU time and 0.27 ms per
 * fact. The platform retires an isolate after 1 s and kills it after 2 s.
 */
const MAX_FACTS = 3000;

/** What is left of both halves, for a batch whose worker died and may have run some of it. */
export async function planAgain(context: DrillContext): Promise<SchemaAction[]> {
  const { plan } = await planNow(context, await readSchema(await context.backup()));
  return [...plan.before, ...plan.after];
}

function applySteps(actions: readonly SchemaAction[], phase: "schema_before" | "schema_after", weight: (table: string) => number): PlannedStep[] {
  return batchActions(actions, weight).map((batch) => ({ kind: phase === "schema_before" ? "apply_before" : "apply_after", phase, payload: { actions: batch } }));
}

/** The schema, unless functions have not the memory for it or for a row: the command stores one of up to 1 GiB. That says nothing about the backup. */
async function readOrExplain(backup: Backup): Promise<FactBase | { skip: string }> {
  const { chunkBytes } = backup.limits ?? FUNCTION_READS;
  for (const { schema, name, chunks = [] } of backup.manifest.tables) {
    const large = chunks.find((one) => one.raw_bytes > chunkBytes);
    if (large !== undefined) {
      return { skip: `An object of table ${schema}.${name} has ${large.raw_bytes} bytes of rows; Edge Functions load ${chunkBytes} at once. Run holdfast drill, which has no such limit, where it can be run.` };
    }
  }
  try {
    return await readSchema(backup);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== "HF209") throw error;
    return { skip: `${error.message}. ${error.detail ?? ""} Run holdfast drill, which takes more, where it can be run.` };
  }
}

/**
 * Plans the half of the schema before the rows, and the steps that load the rows. Takes most of an invocation's CPU time, so a
 * schema that would take more than all of it is not begun.
 */
export async function planBefore(context: DrillContext): Promise<StepOutcome> {
  const schema = await readOrExplain(await context.backup());
  if ("skip" in schema) return schema;
  const facts = schema.facts().length;
  if (facts > MAX_FACTS) {
    return { skip: `The schema has ${facts} objects and parts of objects; Edge Functions can plan ${MAX_FACTS}. Run holdfast drill, which has no such limit, where it can be run.` };
  }
  const { backup, target, plan } = await planNow(context, schema);
  const leftOut = [...plan.leftOut];
  const tables = selectTables(backup.manifest, null, plan.desired, target.platformSchemas, leftOut);
  const chunks: TableChunk[] = [];
  for (const table of tables) {
    for (const chunk of await chunksOf(backup, table)) chunks.push({ schema: table.schema, name: table.name, chunk });
  }
  const result: PlannedTables = { tables: tables.map(({ schema, name }) => ({ schema, name })), left_out: leftOut };
  return {
    result,
    append: [
      ...applySteps(plan.before, "schema_before", () => 0),
      ...batchChunks(chunks, context.settings.chunk_bytes).map((batch) => ({ kind: "load", phase: "data", payload: { chunks: batch } })),
      { kind: "sequences", phase: "sequences" },
      { kind: "plan_after", phase: "schema_after", alone: true },
    ],
  };
}

/** Tables of one step: collecting statistics reads a sample of each, however large it is. */
const ANALYZE_TABLES = 50;

/** Plans what is left of the schema when the rows are there, and what comes after it. */
export async function planAfter(context: DrillContext): Promise<StepOutcome> {
  const { backup, plan } = await planNow(context, await readSchema(await context.backup()));
  const bytes = new Map(backup.manifest.tables.map((one) => [`${one.schema}.${one.name}`, one.raw_bytes]));
  const tables = (await plannedTables(context)).length;
  return {
    append: [
      ...applySteps([...plan.before, ...plan.after], "schema_after", (table) => bytes.get(table) ?? 0),
      { kind: "cron_jobs", phase: "cron_jobs" },
      ...Array.from({ length: Math.ceil(tables / ANALYZE_TABLES) }, (_, n): PlannedStep =>
        ({ kind: "analyze", phase: "analyze", payload: { first: n * ANALYZE_TABLES, end: (n + 1) * ANALYZE_TABLES } })),
      { kind: "plan_proof", phase: "prove" },
    ],
  };
}
