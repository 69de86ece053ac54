import { Option } from "commander";
import { parseRecipients } from "../../functions/_shared/encryption/parse_recipients.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { exportBackup } from "../../functions/_shared/export/export_backup.ts";
import { formatBytes, formatCount, formatDuration } from "../../functions/_shared/report/format_quantity.ts";
import { createS3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import type { RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { explainMissing } from "../explain_missing.ts";
import { loadIsalGzip } from "../load_isal_gzip.ts";
import { parseWorkers } from "../parse_workers.ts";
import { returnMemory } from "../return_memory.ts";

interface BackupFlags {
  tier?: "daily" | "weekly" | "monthly";
  workers: number;
  gzip: "auto" | "zlib";
}

export const registerBackup: RegisterCommand = (program, run) => {
  const command = program
    .command("backup")
    .description("export the database to the bucket, in this process and without the limits of functions")
    .addOption(new Option("--tier <tier>", "how long it is kept (default: by the calendar)").choices(["daily", "weekly", "monthly"]))
    .option("--workers <n>", "sessions that copy side by side", parseWorkers, 2)
    .addOption(new Option("--gzip <library>", "what compresses rows: Intel's ISA-L where it is installed, or zlib").choices(["auto", "zlib"]).default("auto"));
  describeHelp(command, "holdfast backup --tier weekly", "0 the manifest is stored, 1 bug, 2 usage, 3 refused or failed");
  command.action(async (flags: BackupFlags) =>
    run(command, async (context) => {
      const config = parseS3Config(context.env);
      if (config === null) {
        throw new HoldfastError("HF007", "S3 is not configured", {
          hint: "Set HOLDFAST_S3_BUCKET, HOLDFAST_S3_ACCESS_KEY_ID and HOLDFAST_S3_SECRET_ACCESS_KEY.",
        });
      }
      const recipients = parseRecipients(context.env);
      await returnMemory();
      const isal = flags.gzip === "auto" ? await loadIsalGzip() : null;
      const result = await context.withProgress("Exporting", (update) =>
        exportBackup({
          connect: context.connect,
          s3: createS3Client(config),
          workers: flags.workers,
          tier: flags.tier ?? null,
          recipients,
          compressRows: isal ?? undefined,
          onProgress: (progress) => update(`Exporting: ${progress.chunks_done} of ${progress.chunks_total} chunks`),
        }).catch((error: unknown) => {
          throw explainMissing(error);
        }),
      );
      if (context.options.json) {
        context.printJson({
          run_id: result.runId,
          manifest_key: result.manifestKey,
          rows: result.rows,
          raw_bytes: result.rawBytes,
          stored_bytes: result.storedBytes,
          seconds: result.seconds,
          gzip: isal === null ? "zlib" : "isal",
          warnings: result.warnings,
        });
        return 0;
      }
      context.print(`Run ${result.runId}: ${formatCount(result.rows)} rows, ${formatBytes(result.rawBytes)} of data, ${formatBytes(result.storedBytes)} stored in ${formatDuration(result.seconds)}`);
      context.print(`Manifest: s3://${config.bucket}/${result.manifestKey}`);
      for (const { code, subject, message } of result.warnings) context.note(`warning: ${code} ${subject}: ${message}`);
      return 0;
    }),
  );
};
