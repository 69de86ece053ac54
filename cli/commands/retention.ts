import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { formatBytes, formatCount } from "../../functions/_shared/report/format_quantity.ts";
import { applyRetention, type RetentionReport } from "../../functions/_shared/retention/apply_retention.ts";
import { describeReason } from "../../functions/_shared/retention/describe_reason.ts";
import { type PlannedRun, RetentionLedger } from "../../functions/_shared/retention/retention_ledger.ts";
import { createS3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import type { CommandContext, RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { refOfDatabaseUrl } from "../doctor/schedule/project_address.ts";
import { formatColumns } from "../format_columns.ts";

interface RetentionFlags {
  apply: boolean;
}

export const registerRetention: RegisterCommand = (program, run) => {
  const command = program
    .command("retention")
    .description("show which runs stay and which may go, and why; a dry run unless told")
    .option("--apply", "mark what may go, delete what was marked before the grace period, and collect debris", false);
  describeHelp(command, "holdfast retention --apply",
    "0 done, 1 bug, 2 usage or configuration, 3 refused or failed with an HF code, 11 some runs are locked or the storage refused to delete them");
  command.action(async (flags: RetentionFlags) =>
    run(command, async (context) => {
      if (!flags.apply) {
        const runs = await context.withDatabase((database) => new RetentionLedger(database).plan());
        if (context.options.json) context.printJson({ dry_run: true, runs });
        else printPlan(context, runs);
        return 0;
      }
      const config = parseS3Config(context.env);
      if (config === null) throw new HoldfastError("HF007", "S3 is not configured", { hint: "Set HOLDFAST_S3_BUCKET, HOLDFAST_S3_ACCESS_KEY_ID and HOLDFAST_S3_SECRET_ACCESS_KEY." });
      const { report, runs } = await context.withProgress("Applying retention", (update) => context.withDatabase(async (database) => {
        const report = await applyRetention({
          database, s3: createS3Client(config), projectRef: refOfDatabaseUrl(context.databaseUrl()), budget: { objects: Infinity, until: Infinity, now: () => performance.now() },
          onProgress: (label) => update(`Deleting ${label}`),
        });
        return { report, runs: await new RetentionLedger(database).plan() };
      }));
      if (context.options.json) context.printJson({ dry_run: false, ...report, plan: runs });
      else {
        printPlan(context, runs);
        printReport(context, report);
      }
      return report.runs.some(({ outcome }) => outcome === "locked" || outcome === "refused") ? 11 : 0;
    }),
  );
};

const day = (time: string | null): string => (time === null ? "-" : time.slice(0, 10));

function stateOf(run: PlannedRun): string {
  if (run.locked_until !== null) return `locked until ${day(run.locked_until)}`;
  if (run.error_code !== null) return `refused: ${run.error_code}`;
  if (run.state === "expired") return "being deleted";
  return run.delete_after === null ? "" : `deleted after ${day(run.delete_after)}`;
}

function printPlan(context: CommandContext, runs: readonly PlannedRun[]): void {
  if (runs.length === 0) return context.note("There are no runs.");
  context.print(formatColumns([
    ["RUN", "TIER", "DATA AS OF", "DECISION", "UNTIL", "MARK", "REASONS"],
    ...runs.map((run) => [run.run_id, run.tier, day(run.snapshot_at), run.decision, day(run.expires_at), stateOf(run), run.reasons.map(describeReason).join(", ")]),
  ]));
  const expiring = runs.filter(({ decision }) => decision === "expire").length;
  context.note(`${formatCount(runs.length - expiring)} stay, ${formatCount(expiring)} may go.`);
}

function printReport(context: CommandContext, report: RetentionReport): void {
  const { marked, unmarked, runs, debris } = report;
  context.note(`Marked ${formatCount(marked)}, took back ${formatCount(unmarked)}.`);
  for (const { runId, outcome, objects, bytes, lockedUntil, errorCode } of runs) {
    if (outcome === "kept") context.note(`${runId}: kept after all.`);
    else {
      const why = outcome === "locked" ? `; locked until ${lockedUntil ?? ""}` : outcome === "refused" ? `; the storage refused with ${errorCode ?? ""}` : "";
      context.note(`${runId}: ${formatCount(objects)} objects, ${formatBytes(bytes)} deleted${why}.`);
    }
  }
  if (debris === null) return;
  if (debris.objects > 0) context.note(`Debris of ${formatCount(debris.folders.length)} unknown runs: ${formatCount(debris.objects)} objects, ${formatBytes(debris.bytes)} deleted.`);
  if (debris.unknownBackups.length > 0) {
    context.note(`${context.palette.unsure("warning")}: the ledger does not know ${formatCount(debris.unknownBackups.length)} backups of this project in the bucket; they are left alone: ${debris.unknownBackups.slice(0, 5).join(", ")}${debris.unknownBackups.length > 5 ? ", …" : ""}.`);
  }
}
