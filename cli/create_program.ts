import { Command, type OutputConfiguration } from "commander";
import packageJson from "../package.json" with { type: "json" };
import type { RegisterCommand, RunAction } from "./command_context.ts";
import { registerAlerts } from "./commands/alerts.ts";
import { registerBackup } from "./commands/backup.ts";
import { registerChecks } from "./commands/checks.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerDrill } from "./commands/drill.ts";
import { registerInit } from "./commands/init.ts";
import { registerPolicies } from "./commands/policies.ts";
import { registerReport } from "./commands/report.ts";
import { registerRestore } from "./commands/restore.ts";
import { registerRetention } from "./commands/retention.ts";
import { registerRuns } from "./commands/runs.ts";
import { registerStatus } from "./commands/status.ts";
import { registerStrategy } from "./commands/strategy.ts";
import { registerUpgrade } from "./commands/upgrade.ts";
import { registerVerify } from "./commands/verify.ts";
import { registerVerifyKey } from "./commands/verify_key.ts";
import { describeOption } from "./describe_option.ts";

const COMMANDS: readonly RegisterCommand[] = [
  registerInit,
  registerUpgrade,
  registerBackup,
  registerRestore,
  registerRetention,
  registerDrill,
  registerDoctor,
  registerStatus,
  registerRuns,
  registerAlerts,
  registerVerify,
  registerVerifyKey,
  registerChecks,
  registerReport,
  registerStrategy,
  registerPolicies,
];

export const EXIT_CODES = `
Exit codes:
  0 passed, 1 bug, 2 usage, 3 refused (an HF code says why), 10 failed, 11 inconclusive, 12 thawing was asked for: call again`;

/** The command with all its subcommands. Errors are thrown, nothing exits. */
export function createProgram(run: RunAction, output: OutputConfiguration): Command {
  const program = new Command("holdfast");
  // Before the subcommands are added: they take these over from their parent at that moment.
  program.exitOverride().configureOutput(output).showHelpAfterError("(see --help)").configureHelp({ optionDescription: describeOption });
  program
    .description("Verified, off-site backups of a Supabase project")
    .version(packageJson.version)
    .option("--database-url <url>", "database to work on (default: HOLDFAST_DB_URL, then SUPABASE_DB_URL)")
    .option("--json", "print data as JSON, see docs/cli.md", false)
    .option("--no-color", "print without colours")
    .option("--quiet", "no talk on stderr but errors", false)
    .addHelpText("after", `${EXIT_CODES}\n\nExample:\n  holdfast status --database-url postgresql://postgres:…@db.example.com:5432/postgres`);
  for (const register of COMMANDS) register(program, run);
  return program;
}
