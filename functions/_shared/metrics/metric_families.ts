/** What a metric is, as its HELP and TYPE lines say it. */
export interface MetricFamily {
  /** As samples carry it, and so with _total or _info at its end. */
  readonly name: string;
  readonly type: "gauge" | "counter" | "stateset" | "info";
  readonly help: string;
  /** Names of its labels. A state set has one, which is its own name. */
  readonly labels: readonly string[];
}

const family = (type: MetricFamily["type"], name: string, help: string, ...labels: string[]): MetricFamily =>
  ({ type, name: `holdfast_${name}`, help, labels: type === "stateset" ? [`holdfast_${name}`] : labels });
const gauge = (name: string, help: string, ...labels: string[]): MetricFamily => family("gauge", name, help, ...labels);

/** Every metric, in the order of the page that a scrape gets. docs/monitoring.md lists the same. */
export const METRIC_FAMILIES: readonly MetricFamily[] = [
  family("info", "build_info", "Version of Holdfast that answers, and the project it answers for.", "version", "project"),
  gauge("observed_timestamp_seconds", "When the ledger was read. An old one is a file that nobody writes any more."),
  family("stateset", "health", "Are the backups fine, as backup.status says."),
  gauge("secondary_backup_enabled", "Whether exports to S3 are asked for."),
  gauge("stale_after_seconds", "Age at which the newest restore point counts as stale, from the shortest enabled S3 policy."),

  gauge("restore_points", "Backups that can be restored. 0: there is none."),
  gauge("verified_restore_points", "Of them, those that a drill has restored and found equal."),
  gauge("restore_points_stored_bytes", "Size of all of them in the bucket."),
  gauge("newest_restore_point_timestamp_seconds", "The time that a restore of the newest one brings back. Absent: there is none."),
  gauge("newest_restore_point_age_seconds", "Age of the newest one when the ledger was read. Absent: there is none."),
  gauge("newest_restore_point_verified", "Whether a drill has restored the newest one and found it equal. Absent: there is none."),
  gauge("newest_restore_point_rows", "Rows in the newest one."),
  gauge("newest_restore_point_raw_bytes", "Size of its rows before compression."),
  gauge("newest_restore_point_stored_bytes", "Size of its objects in the bucket."),
  gauge("newest_restore_point_warnings", "Number of things that the newest one does not cover."),
  gauge("newest_restore_point_phase_seconds", "How long each phase of its export took; together, from its snapshot to its manifest.", "phase"),
  gauge("newest_verified_restore_point_timestamp_seconds", "The time that a restore of the newest verified one brings back. Absent: no restore point is verified."),
  gauge("newest_verified_restore_point_age_seconds", "Age of the newest verified one when the ledger was read. Absent: no restore point is verified."),

  gauge("rpo_seconds", "Data that would be lost: age of the newest verified restore point. Absent: never measured."),
  gauge("rpo_target_seconds", "Data that may be lost, by backup.objectives."),
  gauge("rto_seconds", "Time a restore takes: 95th percentile of the drills that passed within a year. Absent: never measured."),
  gauge("rto_target_seconds", "Time a restore may take, by backup.objectives."),
  gauge("rto_expected_seconds", "Time a restore of the newest restore point is expected to take. Absent: no drill to tell from."),

  gauge("never_succeeded", "1 as long as there has been no success; the time of the last success is absent then.", "operation"),
  gauge("last_success_timestamp_seconds", "When an export, verification or drill last ended well. A failure leaves it as it is. Absent: never.", "operation"),
  gauge("last_failure_timestamp_seconds", "When one last failed. Absent: never.", "operation"),
  gauge("last_duration_seconds", "How long the last one that ended took. Absent: none has ended.", "operation"),
  family("stateset", "last_run_state", "State of the newest export. Absent: there has been none."),
  family("stateset", "last_verification_verdict", "Verdict of the newest verification that ended. Absent: there has been none."),
  gauge("last_verification_answers", "Answers of each check of the newest verification that ended, by verdict.", "check", "verdict"),
  gauge("last_verification_check_seconds", "How long each of these checks took.", "check"),
  family("stateset", "last_drill_verdict", "Verdict of the newest drill that ended. Absent: there has been none."),
  gauge("last_drill_phase_seconds", "Seconds of work of each phase of the newest drill that ended.", "phase"),

  gauge("open_alerts", "Alerts that are open.", "severity"),
  gauge("alert_open", "1 for each alert that is open; the causes are in docs/alerts.md.", "cause", "severity"),
  gauge("alert_raised_timestamp_seconds", "When each of them was raised.", "cause", "severity"),

  gauge("active_run", "Whether an export is under way."),
  gauge("active_run_chunks", "Units of work of that export, by state; all 0 when there is none.", "state"),
  gauge("active_run_progress_ratio", "Share of that export that is done, by bytes. Absent: there is none."),
  gauge("keeper_age_seconds", "How long that export has held its snapshot, and so vacuum. Absent: it holds none."),
  gauge("keeper_alive", "0: the session that holds the snapshot is gone, and the export is about to fail. Absent: there is none, or whoever asks may not see sessions of others."),

  gauge("job_never_succeeded", "1 as long as a scheduled job has never succeeded; the time of its last success is absent then.", "job_name"),
  gauge("job_last_success_timestamp_seconds", "When a scheduled job last succeeded. For export, verify and drill that means started. Absent: never.", "job_name"),
  gauge("job_last_failure_timestamp_seconds", "When a scheduled job last failed. Absent: never.", "job_name"),
  gauge("job_last_duration_seconds", "How long the last one took, in the database. Absent: it never ran.", "job_name"),
  family("counter", "job_runs_total", "Times a scheduled job has run since Holdfast was installed.", "job_name", "outcome"),

  gauge("ledger_bytes", "Size of the tables of schema backup."),
  gauge("ledger_max_bytes", "Size from which the alert ledger_growth is raised."),
];
