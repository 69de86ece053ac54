import { Option } from "commander";
import { readMetrics } from "../../functions/_shared/metrics/read_metrics.ts";
import { type MetricsFormat, renderMetrics } from "../../functions/_shared/metrics/render_metrics.ts";
import { formatDuration, formatTime } from "../../functions/_shared/report/format_quantity.ts";
import { type BackupStatus, getBackupStatus } from "../../functions/_shared/status/get_backup_status.ts";
import type { ExitCode, RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { formatColumns } from "../format_columns.ts";
import type { Palette } from "../palette.ts";

interface StatusFlags {
  check: boolean;
  metrics?: MetricsFormat;
}

export const registerStatus: RegisterCommand = (program, run) => {
  const command = program
    .command("status")
    .description("are the backups fine, and what is wrong if not")
    .option("--check", "for monitoring: exit 10 when failing or stale, 11 when there is no restore point", false)
    .addOption(new Option("--metrics [format]", "for monitoring: print metrics as text, by default as Prometheus has it").choices(["prometheus", "openmetrics"]).preset("prometheus"));
  describeHelp(command, "holdfast status --check", "0 healthy, running, or asked without --check; 1 bug, 2 usage, 3 refused, 10 and 11 see --check");
  command.action(async (flags: StatusFlags) =>
    run(command, async (context) => {
      const { status, samples } = await context.withDatabase(async (client) => ({
        status: await getBackupStatus(client), samples: flags.metrics === undefined ? [] : await readMetrics(client),
      }));
      // Printed whole or not at all: whoever redirects it into a file must not find half of a page there.
      if (flags.metrics !== undefined) context.print(context.options.json ? JSON.stringify({ metrics: samples }, null, 2) : renderMetrics(samples, flags.metrics));
      else if (context.options.json) context.printJson(status);
      else context.print(formatStatus(status, context.palette));
      return flags.check ? exitCodeOf(status.health) : 0;
    }),
  );
};

function exitCodeOf(health: BackupStatus["health"]): ExitCode {
  switch (health) {
    case "healthy":
    case "running":
      return 0;
    case "failing":
    case "stale":
      return 10;
    case "never_ran":
      return 11;
  }
}

function formatStatus(status: BackupStatus, palette: Palette): string {
  const paint = { healthy: palette.good, running: palette.good, failing: palette.bad, stale: palette.bad, never_ran: palette.unsure }[status.health];
  const rows: string[][] = [
    ["Newest restore point", status.newest_restore_point === null ? "none" : `${status.newest_restore_point}, ${age(status.newest_age_seconds)} old, ${status.newest_verified === true ? "verified by a drill" : "not verified by a drill"}`],
    ["Last run", status.last_run_id === null ? "none" : `${status.last_run_id} ${status.last_run_state}${status.last_run_failure_code === null ? "" : `: ${status.last_run_failure_code} ${status.last_run_failure_message}`}`],
    ["Last verification", status.last_verdict === null ? "none" : `${status.last_verdict}${status.last_verified_at === null ? "" : ` at ${formatTime(status.last_verified_at)}`}`],
    ["RPO", objective(status.rpo_seconds, status.rpo_target_seconds)],
    ["RTO", objective(status.rto_seconds, status.rto_target_seconds)],
    ["Secondary backup", status.secondary_backup_reason],
  ];
  if (status.active_run_id !== null) {
    const keeper = status.keeper_age_seconds === null ? "waiting for its snapshot" : `snapshot held for ${age(status.keeper_age_seconds)}`;
    rows.push(["Active run", `${status.active_run_id} ${status.progress_percent ?? 0} %, ${status.chunks_done ?? 0} of ${status.chunks_total ?? 0} chunks, ${keeper}`]);
  }
  for (const alert of status.alerts) rows.push([`Alert (${alert.severity})`, `${alert.message}${alert.occurrences > 1 ? ` (${alert.occurrences} times)` : ""}`]);
  return `${paint(palette.bold(status.health.replace("_", " ")))}\n${formatColumns(rows)}`;
}

function age(seconds: number | null): string {
  return seconds === null ? "unknown" : formatDuration(Math.max(0, seconds));
}

function objective(measured: number | null, target: number | null): string {
  return `${measured === null ? "not measured" : age(measured)}, target ${age(target)}`;
}
