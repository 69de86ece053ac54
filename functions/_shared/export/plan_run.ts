import { callLedger } from "../database/call_ledger.ts";
import type { ClaimedChunk } from "./ledger.ts";
import { inSnapshot } from "./open_snapshot.ts";
import type { WorkerContext } from "./worker_context.ts";

interface PlanRow {
  tables: unknown;
  schema_fingerprint: string;
  xids: string;
  sequences: string;
}

/**
 * Decides inside the snapshot what becomes of every table, and writes the plan down. The bucket is asked first: a
 * wrong key should not cost a plan.
 *
 * @throws {HoldfastError} HF2xx storage, HF300 snapshot lost, HF301 and HF305 as backup.plan_tables() raises them.
 */
export async function planRun(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  await context.s3.checkBucket();
  const plan = await inSnapshot(context.client, context, async () => {
    const [row] = await callLedger<PlanRow>(context.client,
      `select (select coalesce(jsonb_agg(to_jsonb(t)), '[]') from backup.plan_tables() t)::text as tables,
              backup.schema_fingerprint() as schema_fingerprint,
              pg_catalog.pg_current_snapshot()::text as xids,
              (select coalesce(jsonb_agg(to_jsonb(s)), '[]') from backup.sequence_values() s)::text as sequences`);
    return row;
  });
  if (plan === undefined) throw new Error("Cannot plan the run as the query returned no row");
  await context.ledger.recordPlan(context.runId, chunk.claim_id, JSON.parse(String(plan.tables)), plan.schema_fingerprint, plan.xids, plan.sequences);
}
