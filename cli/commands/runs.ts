import { InvalidArgumentError } from "commander";
import { formatBytes, formatCount } from "../../functions/_shared/report/format_quantity.ts";
import { listRuns, type RunSummary } from "../../functions/_shared/status/list_runs.ts";
import type { RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { formatColumns } from "../format_columns.ts";

interface RunsFlags {
  limit: number;
}

export const registerRuns: RegisterCommand = (program, run) => {
  const command = program
    .command("runs")
    .description("exports, newest first")
    .option("--limit <n>", "how many", parseLimit, 20);
  describeHelp(command, "holdfast runs --limit 5 --json");
  command.action(async (flags: RunsFlags) =>
    run(command, async (context) => {
      const runs = await context.withDatabase((client) => listRuns(client, flags.limit));
      if (context.options.json) context.printJson(runs);
      else if (runs.length === 0) context.note("There have been no runs yet.");
      else context.print(formatColumns([HEADER, ...runs.map(columnsOf)]));
      return 0;
    }),
  );
};

const HEADER = ["RUN", "STATE", "TIER", "DATA AS OF", "ROWS", "STORED", "DRILL", "NOTE"];

function columnsOf(run: RunSummary): string[] {
  return [
    run.run_id,
    run.state,
    run.tier,
    run.snapshot_at === null ? "-" : `${run.snapshot_at.slice(0, 19).replace("T", " ")}Z`,
    run.rows === null ? "-" : formatCount(run.rows),
    run.stored_bytes === null ? "-" : formatBytes(run.stored_bytes),
    run.verified ? "passed" : "-",
    run.failure_code === null ? (run.warnings > 0 ? `${run.warnings} ${run.warnings === 1 ? "warning" : "warnings"}` : "") : `${run.failure_code} ${run.failure_message ?? ""}`,
  ];
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new InvalidArgumentError("Give a number from 1 to 10000.");
  return limit;
}
