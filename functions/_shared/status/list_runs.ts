import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";

const runSummary = z.object({
  run_id: z.string(),
  state: z.enum(["starting", "exporting", "complete", "failed", "expired"]),
  tier: z.enum(["daily", "weekly", "monthly"]),
  trigger: z.string(),
  engine: z.string(),
  requested_at: z.string(),
  finished_at: z.string().nullable(),
  snapshot_at: z.string().nullable(),
  rows: z.number().nullable(),
  raw_bytes: z.number().nullable(),
  stored_bytes: z.number().nullable(),
  manifest_key: z.string().nullable(),
  verified: z.boolean(),
  warnings: z.number(),
  failure_code: z.string().nullable(),
  failure_message: z.string().nullable(),
});

/** A run as `holdfast runs` shows it. */
export type RunSummary = z.infer<typeof runSummary>;

const SQL = `
  select coalesce(jsonb_agg(to_jsonb(l) order by l.run_id desc), '[]') as runs from (
    select r.run_id, r.state, r.tier, r.trigger, r.engine, r.requested_at, r.finished_at, r.snapshot_at, r.rows,
           r.raw_bytes, r.stored_bytes, r.manifest_key, jsonb_array_length(r.warnings) as warnings,
           r.failure_code, r.failure_message,
           exists (select from backup.drills d where d.run_id = r.run_id and d.verdict = 'passed') as verified
    from backup.runs r order by r.run_id desc limit $1) l`;

/** The newest runs, newest first. */
export async function listRuns(database: Queryable, limit: number): Promise<RunSummary[]> {
  const { rows } = await database.query(SQL, [limit]);
  return z.array(runSummary).parse((rows[0] as { runs: unknown }).runs);
}
