/** What to do about each cause, in a sentence or two; docs/alerts.md says more under the cause's name. */
export const ALERT_GUIDE: Readonly<Record<string, string>> = {
  missed_run: "See whether the schedule runs (select * from backup.job_runs) and whether function export-backup answers; then start an export with select backup.run_job('export').",
  missed_verification: "See whether the schedule runs (select * from backup.job_runs) and whether function verify-backup answers; then run holdfast verify.",
  stuck_run: "Look at the logs of export-backup; the tick replaces dead workers. End the run with select backup.cancel_run('<run id>') if it does not go on.",
  keeper_too_old: "Let the export end if it is close (holdfast status), or cancel it: the snapshot it holds keeps vacuum from cleaning up.",
  export_failed: "Read the code of the failure in docs/errors.md, remove the reason, and start an export with select backup.run_job('export').",
  s3_refusing: "Read the code in docs/errors.md: check the key, the bucket, its policy and the space left, then start an export.",
  verification_failed: "Read the report (holdfast report): a failed check is damage in the backup or in the database. Do not delete older backups before it is explained.",
  verification_inconclusive: "Read the report (holdfast report) and remove what kept the checks from looking.",
  drill_failed: "The backup did not come back equal. Read the drill in backup.drills and its proof; keep older restore points, and drill another one with holdfast drill.",
  drill_overdue: "Run holdfast drill, or see in backup.job_runs why the monthly one did not pass.",
  rpo_over_target: "Export or drill more often, or correct the target: holdfast policies objectives set rpo.",
  rto_over_target: "See in backup.drills which phase is slow, or correct the target: holdfast policies objectives set rto.",
  size_jump: "Compare the tables of the newest two backups (select * from backup.table_stats). Data that was lost by mistake is still in the older one.",
  schema_not_captured: "See warnings of the run in backup.runs: grant what is missing, or write down how these parts are made again.",
  primary_backups: "Look at the backups of the project in the Supabase dashboard, and at its plan.",
  retention_blocked: "Run holdfast retention: a lock ends by itself, a refusal needs the right to delete.",
  bucket_of_another: "This ledger was copied from another project, whose backups it would delete. Give a copy a folder of its own (project_ref in backup.settings); then, or in a project that was moved, run select backup.take_over_bucket('<ref>').",
  scratch_database_left: "Drop the named database by hand once no drill is running.",
  job_failing: "Read the error of the job: select * from backup.job_runs where status = 'failed' order by started_at desc.",
  ledger_growth: "See which table is large and whether job prune runs; raise ledger_max_bytes in backup.settings if it is as it should be.",
  delivery_failing: "See error in backup.alert_deliveries, correct the secret of that channel, deploy function deliver-alerts if it is missing, and send a test: holdfast alerts test.",
  alerts_unjudged: "Run select * from backup.alert_causes() and remove what it stumbles over. Until then nothing is noticed.",
  alerts_unqueued: "Run select backup.queue_alerts() and remove what it stumbles over. Until then nobody is told.",
};

/** @returns where to read on, as a path in the repository */
export function alertDocs(cause: string): string {
  return Object.hasOwn(ALERT_GUIDE, cause) ? `docs/alerts.md#${cause}` : "docs/alerts.md";
}
