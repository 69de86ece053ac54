import { z } from "zod";
import type { Queryable } from "../../database/queryable.ts";
import { TOOL_VERSION } from "../../tool_version.ts";
import { verdictSchema } from "../../verify/verdict.ts";
import { newestVerificationId, readVerification, type VerificationData } from "../read_verification.ts";

/** Runs and drills that charts show; more would be a grey block. */
const MAX_RUNS = 60;
const MAX_DRILLS = 12;

const run = z.object({
  run_id: z.string(), tier: z.string(), state: z.string(), requested_at: z.string(), snapshot_at: z.string().nullable(), seconds: z.number().nullable(),
  rows: z.number().nullable(), raw_bytes: z.number().nullable(), stored_bytes: z.number().nullable(), verified: z.boolean(),
  failure_code: z.string().nullable(), failure_message: z.string().nullable(),
});

const table = z.object({
  name: z.string(), status: z.string(), reason: z.string().nullable(), rows: z.number().nullable(), previous_rows: z.number().nullable(), bytes: z.number(),
});

const drill = z.object({
  drill_id: z.string(), run_id: z.string(), verdict: verdictSchema, started_at: z.string(), seconds: z.number(), phase_seconds: z.record(z.string(), z.number()),
  failure_message: z.string().nullable(),
});

const alert = z.object({
  cause: z.string(), severity: z.string(), message: z.string(), occurrences: z.number(), raised_at: z.string(), last_seen: z.string(),
});

const objective = z.object({
  name: z.enum(["rto", "rpo"]), target_seconds: z.number(), measured_seconds: z.number().nullable(), met: z.boolean().nullable(), basis: z.string(),
  extrapolated_seconds: z.number().nullable(), unverified_seconds: z.number().nullable(),
});

const ledger = z.object({
  now: z.string(),
  project: z.string().nullable(),
  health: z.enum(["failing", "running", "never_ran", "stale", "healthy"]),
  secondary_backup: z.boolean(),
  newest: z.object({
    run_id: z.string(), tier: z.string(), snapshot_at: z.string(), age_seconds: z.number(), verified: z.boolean(), rows: z.number(), raw_bytes: z.number(),
    stored_bytes: z.number(), manifest_key: z.string(), warnings: z.array(z.object({ code: z.string(), subject: z.string().nullish(), message: z.string() })),
  }).nullable(),
  objectives: z.array(objective), runs: z.array(run), tables: z.array(table), drills: z.array(drill), alerts: z.array(alert),
});

/** Everything a report page shows. Field names are those of the ledger; lists of times are oldest first. */
export type ReportData = z.infer<typeof ledger> & { verification: VerificationData | null; tool_version: string };
export type ReportRun = z.infer<typeof run>;
export type ReportTable = z.infer<typeof table>;

const SQL = `
  with newest as (
    select p.* from backup.restore_points p order by p.snapshot_at desc limit 1
  ), previous as (
    select p.run_id from backup.restore_points p where p.snapshot_at < (select n.snapshot_at from newest n) order by p.snapshot_at desc limit 1
  ), last_runs as (
    select r.*, exists (select from backup.restore_points p where p.run_id = r.run_id and p.verified) as verified
    from backup.runs r order by r.requested_at desc, r.run_id desc limit $1
  ), last_drills as (
    select * from backup.drills d where d.verdict is not null and d.verdict <> 'skipped' order by d.started_at desc limit $2
  )
  select jsonb_build_object(
    'now', now(), 'project', s.project_ref, 'health', t.health, 'secondary_backup', t.secondary_backup,
    'newest', (select jsonb_build_object('run_id', n.run_id, 'tier', n.tier, 'snapshot_at', n.snapshot_at, 'age_seconds', extract(epoch from n.age),
                 'verified', n.verified, 'rows', n.rows, 'raw_bytes', n.raw_bytes, 'stored_bytes', n.stored_bytes, 'manifest_key', n.manifest_key,
                 'warnings', (select r.warnings from backup.runs r where r.run_id = n.run_id)) from newest n),
    'objectives', (select coalesce(jsonb_agg(jsonb_build_object('name', o.name, 'met', o.met, 'basis', o.basis, 'target_seconds', extract(epoch from o.target),
                     'measured_seconds', extract(epoch from o.measured), 'extrapolated_seconds', extract(epoch from o.extrapolated),
                     'unverified_seconds', extract(epoch from o.unverified)) order by o.name desc), '[]') from backup.recovery_objectives o),
    'runs', (select coalesce(jsonb_agg(jsonb_build_object('run_id', r.run_id, 'tier', r.tier, 'state', r.state, 'requested_at', r.requested_at,
               'snapshot_at', r.snapshot_at, 'seconds', extract(epoch from r.finished_at - r.requested_at), 'rows', r.rows, 'raw_bytes', r.raw_bytes,
               'stored_bytes', r.stored_bytes, 'verified', r.verified, 'failure_code', r.failure_code, 'failure_message', r.failure_message)
               order by r.requested_at, r.run_id), '[]') from last_runs r),
    'tables', (select coalesce(jsonb_agg(jsonb_build_object('name', format('%I.%I', c.schema_name, c.table_name), 'status', c.status, 'reason', c.reason, 'rows', c.rows,
                 'previous_rows', b.rows, 'bytes', c.total_bytes) order by c.schema_name, c.table_name), '[]')
               from newest n join backup.run_tables c on c.run_id = n.run_id
               left join backup.run_tables b on b.run_id = (select p.run_id from previous p) and b.schema_name = c.schema_name and b.table_name = c.table_name),
    'drills', (select coalesce(jsonb_agg(jsonb_build_object('drill_id', d.drill_id, 'run_id', d.run_id, 'verdict', d.verdict, 'started_at', d.started_at,
                 'seconds', extract(epoch from d.finished_at - d.started_at), 'phase_seconds', d.phase_seconds, 'failure_message', d.failure_message)
                 order by d.started_at), '[]') from last_drills d),
    'alerts', (select coalesce(jsonb_agg(jsonb_build_object('cause', a.cause, 'severity', a.severity, 'message', a.message, 'occurrences', a.occurrences,
                 'raised_at', a.raised_at, 'last_seen', a.last_seen) order by a.severity, a.raised_at), '[]') from backup.alerts a where a.resolved_at is null)
  ) as data
  from backup.settings s cross join backup.status t`;

/**
 * Reads what a report page shows: the state of now beside the answers of one verification, the newest finished one by default.
 *
 * @throws {HoldfastError} HF006 when the verification asked for does not exist
 */
export async function readReport(database: Queryable, verificationId?: string): Promise<ReportData> {
  const id = verificationId ?? (await newestVerificationId(database, true));
  const verification = id === null ? null : await readVerification(database, id);
  const row = (await database.query(SQL, [MAX_RUNS, MAX_DRILLS])).rows[0];
  return { ...ledger.parse((row as { data: unknown }).data), verification, tool_version: TOOL_VERSION };
}
