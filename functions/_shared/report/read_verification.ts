import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { verdictSchema } from "../verify/verdict.ts";

const finding = z.object({
  check_name: z.string(),
  subject: z.string(),
  verdict: verdictSchema,
  expected: z.string().nullable(),
  actual: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
  duration_ms: z.number().nullable(),
});

export const objectiveSchema = z.object({
  name: z.enum(["rto", "rpo"]),
  target_seconds: z.number(),
  measured_seconds: z.number().nullable(),
  met: z.boolean().nullable(),
  basis: z.string(),
});

const restorePoint = z.object({
  run_id: z.string(),
  tier: z.string(),
  snapshot_at: z.string().nullable(),
  age_seconds: z.number().nullable(),
  verified: z.boolean(),
  rows: z.number().nullable(),
  raw_bytes: z.number().nullable(),
  stored_bytes: z.number().nullable(),
  object_prefix: z.string(),
  warnings: z.array(z.object({ code: z.string(), subject: z.string().nullish(), message: z.string() })),
  tables: z.array(
    z.object({
      schema_name: z.string(),
      table_name: z.string(),
      status: z.string(),
      rows: z.number().nullable(),
      reason: z.string().nullable(),
    }),
  ),
});

const newestDrill = z.object({
  drill_id: z.string(),
  run_id: z.string(),
  verdict: verdictSchema,
  target: z.string(),
  finished_at: z.string(),
  age_seconds: z.number(),
  duration_seconds: z.number(),
  failure_message: z.string().nullable(),
});

const verification = z.object({
  verification_id: z.string(),
  trigger: z.string(),
  verdict: verdictSchema.nullable(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  report: z.string().nullable(),
  page_key: z.string().nullable(),
  checks: z.array(z.object({ check_name: z.string(), state: z.string() })),
  findings: z.array(finding),
  restore_point: restorePoint.nullable(),
  newest_drill: newestDrill.nullable(),
  objectives: z.array(objectiveSchema),
});

/** A verification with everything its report shows. Field names are those of the ledger. */
export type VerificationData = z.infer<typeof verification>;
export type VerificationFinding = z.infer<typeof finding>;
export type Objective = z.infer<typeof objectiveSchema>;

const SQL = `
  select jsonb_build_object(
    'verification_id', v.verification_id, 'trigger', v.trigger, 'verdict', v.verdict,
    'started_at', v.started_at, 'finished_at', v.finished_at, 'report', v.report, 'page_key', v.page_key,
    'checks', (select coalesce(jsonb_agg(jsonb_build_object('check_name', c.check_name, 'state', c.state) order by c.check_name), '[]')
               from backup.verification_checks c where c.verification_id = v.verification_id),
    'findings', (select coalesce(jsonb_agg(to_jsonb(f) - '{verification_id,result_no,recorded_at}'::text[] order by f.check_name, f.result_no), '[]')
                 from backup.verification_results f where f.verification_id = v.verification_id),
    'restore_point', (
      select jsonb_build_object(
        'run_id', r.run_id, 'tier', r.tier, 'snapshot_at', r.snapshot_at,
        'age_seconds', extract(epoch from coalesce(v.finished_at, pg_catalog.now()) - r.snapshot_at),
        'verified', exists (select from backup.drills d where d.run_id = r.run_id and d.verdict = 'passed'),
        'rows', r.rows, 'raw_bytes', r.raw_bytes, 'stored_bytes', r.stored_bytes,
        'object_prefix', r.object_prefix, 'warnings', r.warnings,
        'tables', (select coalesce(jsonb_agg(jsonb_build_object('schema_name', t.schema_name, 'table_name', t.table_name,
                     'status', t.status, 'rows', t.rows, 'reason', t.reason) order by t.schema_name, t.table_name), '[]')
                   from backup.run_tables t where t.run_id = r.run_id))
      from backup.runs r where r.run_id = v.run_id),
    'newest_drill', (
      select jsonb_build_object('drill_id', d.drill_id, 'run_id', d.run_id, 'verdict', d.verdict, 'target', d.target, 'finished_at', d.finished_at,
               'age_seconds', extract(epoch from coalesce(v.finished_at, pg_catalog.now()) - d.finished_at),
               'duration_seconds', extract(epoch from d.finished_at - d.started_at), 'failure_message', d.failure_message)
      from backup.drills d where d.verdict is not null and d.verdict <> 'skipped' order by d.finished_at desc limit 1),
    'objectives', (select coalesce(jsonb_agg(jsonb_build_object('name', o.name, 'met', o.met, 'basis', o.basis,
                     'target_seconds', extract(epoch from o.target), 'measured_seconds', extract(epoch from o.measured)) order by o.name), '[]')
                   from backup.recovery_objectives o)
  ) as data
  from backup.verifications v
  where v.verification_id = $1`;

/** @throws HoldfastError HF006 when there is no such verification */
export async function readVerification(database: Queryable, verificationId: string): Promise<VerificationData> {
  const row = (await database.query(SQL, [verificationId])).rows[0];
  if (row === undefined) {
    throw new HoldfastError("HF006", `Verification ${verificationId} does not exist`, {
      hint: "List them with: select verification_id, started_at from backup.verifications order by started_at desc;",
    });
  }
  return verification.parse((row as { data: unknown }).data);
}

/** Id of the newest verification, finished or not; null when there has been none. */
export async function newestVerificationId(database: Queryable, finishedOnly: boolean = false): Promise<string | null> {
  const { rows } = await database.query(
    `select verification_id as id from backup.verifications where verdict is not null or not $1
     order by started_at desc limit 1`,
    [finishedOnly],
  );
  return rows[0] === undefined ? null : z.object({ id: z.string() }).parse(rows[0]).id;
}
