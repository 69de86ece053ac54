import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";
import { verdictSchema } from "../verify/verdict.ts";

const time = z.string().nullable();
const seconds = z.number().nullable();
const count = z.number().int().nullable();

const alert = z.object({
  cause: z.string(),
  severity: z.enum(["warning", "critical"]),
  message: z.string(),
  occurrences: z.number().int(),
  raised_at: z.string(),
  last_seen: z.string(),
});

const backupStatus = z.object({
  health: z.enum(["never_ran", "healthy", "stale", "failing", "running"]),
  last_run_id: z.string().nullable(),
  last_run_state: z.enum(["starting", "exporting", "complete", "failed", "expired"]).nullable(),
  last_run_requested_at: time,
  last_run_finished_at: time,
  last_run_failure_code: z.string().nullable(),
  last_run_failure_message: z.string().nullable(),
  newest_restore_point: z.string().nullable(),
  newest_snapshot_at: time,
  newest_age_seconds: seconds,
  newest_verified: z.boolean().nullable(),
  stale_after_seconds: z.number(),
  last_verification_id: z.string().nullable(),
  last_verdict: verdictSchema.nullable(),
  last_verified_at: time,
  rpo_seconds: seconds,
  rpo_target_seconds: seconds,
  rpo_met: z.boolean().nullable(),
  rto_seconds: seconds,
  rto_target_seconds: seconds,
  rto_met: z.boolean().nullable(),
  active_run_id: z.string().nullable(),
  chunks_done: count,
  chunks_total: count,
  progress_percent: count,
  keeper_age_seconds: seconds,
  keeper_alive: z.boolean().nullable(),
  open_alerts: z.number().int(),
  alerts: z.array(alert),
  secondary_backup: z.boolean(),
  secondary_backup_reason: z.string(),
});

/** The row of backup.status, its intervals in seconds. Names and meanings are those of the view, which is documented. */
export type BackupStatus = z.infer<typeof backupStatus>;

const SQL = `
  select to_jsonb(s) - '{newest_age,stale_after,rpo,rpo_target,rto,rto_target,keeper_age}'::text[] || jsonb_build_object(
    'newest_age_seconds', extract(epoch from s.newest_age), 'stale_after_seconds', extract(epoch from s.stale_after),
    'rpo_seconds', extract(epoch from s.rpo), 'rpo_target_seconds', extract(epoch from s.rpo_target),
    'rto_seconds', extract(epoch from s.rto), 'rto_target_seconds', extract(epoch from s.rto_target),
    'keeper_age_seconds', extract(epoch from s.keeper_age)) as status
  from backup.status s`;

/** Whether the backups are fine, and what is wrong if not. */
export async function getBackupStatus(database: Queryable): Promise<BackupStatus> {
  const { rows } = await database.query(SQL);
  return backupStatus.parse((rows[0] as { status: unknown }).status);
}
