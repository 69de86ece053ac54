import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";

const drillState = z.object({
  drill_id: z.string(),
  run_id: z.string(),
  state: z.enum(["running", "complete", "failed"]),
  verdict: z.enum(["passed", "failed", "inconclusive", "skipped"]).nullable(),
  engine: z.string(),
  target: z.string(),
  selection: z.string(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  phase_seconds: z.record(z.string(), z.number()),
  rows: z.number().nullable(),
  raw_bytes: z.number().nullable(),
  steps_done: z.number(),
  steps_total: z.number(),
  phase: z.string().nullable(),
  failure_code: z.string().nullable(),
  failure_message: z.string().nullable(),
  proof: z.unknown(),
  proof_key: z.string().nullable(),
});

/** How a drill stands or ended. Field names are those of the columns, and stay. */
export type DrillState = z.infer<typeof drillState>;

const SQL = `
  select jsonb_build_object(
    'drill_id', d.drill_id, 'run_id', d.run_id, 'state', d.state, 'verdict', d.verdict, 'engine', d.engine, 'target', d.target,
    'selection', d.selection, 'started_at', d.started_at, 'finished_at', d.finished_at,
    'phase_seconds', case when d.state = 'running' then backup._drill_phase_seconds(d.drill_id) else d.phase_seconds end,
    'rows', d.rows, 'raw_bytes', d.raw_bytes, 'steps_done', p.steps_done, 'steps_total', p.steps_total, 'phase', p.phase,
    'failure_code', d.failure_code, 'failure_message', d.failure_message, 'proof', d.proof, 'proof_key', d.proof_key) as drill
  from backup.drills d cross join lateral backup.drill_progress(d.drill_id) p
  where d.drill_id = $1 or $1::uuid is null
  order by d.started_at desc limit 1`;

/** This drill, or the newest one; null when there is none. */
export async function readDrill(database: Queryable, drillId: string | null): Promise<DrillState | null> {
  const { rows: [row] } = await database.query(SQL, [drillId]);
  return row === undefined ? null : drillState.parse((row as { drill: unknown }).drill);
}
