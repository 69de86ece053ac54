import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import type { CommandContext, ExitCode } from "../command_context.ts";
import { applyPlan } from "./apply_plan.ts";
import { actionOf, countLines, formatPlan } from "./format_plan.ts";
import { formatNextSteps, nextSteps } from "./next_steps.ts";
import { type InstallOptions, type InstallPlan, planInstall } from "./plan_install.ts";
import { ProjectFiles } from "./project_files.ts";
import { readPackage } from "./read_package.ts";

export interface InstallFlags {
  yes: boolean;
  dryRun: boolean;
  force: boolean;
  verbose: boolean;
  replaceMigrations?: boolean;
}

export const INSTALL_EXIT_CODES = "0 done, up to date or dry run, 1 bug, 2 usage or not a Supabase project, 3 refused, or nobody said yes; then nothing was written, except with HF910: run it again";

/** The argument and the options that init and upgrade share. */
export function addInstallOptions(command: Command): Command {
  return command
    .argument("[folder]", "folder that holds supabase/config.toml", ".")
    .option("--yes", "do not ask", false)
    .option("--dry-run", "show what would change, and change nothing", false)
    .option("--force", "overwrite what was edited in the project", false)
    .option("--verbose", "show new files and long changes in full", false);
}

/** Shows what has to change in a project, asks, changes it, and says what is left to do. */
export async function runInstall(context: CommandContext, mode: InstallOptions["mode"], folder: string, flags: InstallFlags): Promise<ExitCode> {
  const project = new ProjectFiles(folder);
  const pkg = readPackage();
  const plan = planInstall(project, pkg, { mode, force: flags.force, replaceMigrations: flags.replaceMigrations ?? false, now: new Date() });
  const changed = plan.changes.length > 0;
  const steps = changed ? nextSteps(plan, [...pkg.functions.keys()], existsSync(join(project.root, "tsconfig.json"))) : [];
  const { json } = context.options;
  const print = (applied: boolean): void => context.printJson(planJson(project.root, plan, applied, steps));

  if (!json) {
    const shown = formatPlan(plan, context.palette, flags.verbose);
    context.print([...(changed ? [`${headline(plan)} in ${project.root}`] : [`Holdfast ${plan.version} is up to date in ${project.root}.`]), ...(shown === "" ? [] : [shown])].join("\n\n"));
  }
  if (!changed || flags.dryRun) {
    if (json) print(false);
    else if (changed) context.print("\nNothing was written.");
    return 0;
  }
  if (!flags.yes) {
    const answer = await context.confirm(`${plan.changes.length === 1 ? "Change this file" : `Change these ${plan.changes.length} files`}?`);
    if (answer !== true) {
      if (json) print(false);
      throw new HoldfastError("HF926", answer === null ? "Nothing was written, because nobody could be asked" : "Nothing was written, as you wished", {
        hint: answer === null ? "This is no terminal, or --json was given. Pass --yes to make these changes." : undefined,
      });
    }
  }
  applyPlan(project, plan);
  if (json) print(true);
  else context.print(`\n${plan.changes.length === 1 ? "1 file" : `${plan.changes.length} files`} written. Commit them, then:\n\n${formatNextSteps(steps)}`);
  return 0;
}

function headline({ installed, version }: InstallPlan): string {
  if (installed === null) return `Holdfast ${version}, new`;
  return installed === version ? `Holdfast ${version}` : `Holdfast ${installed} to ${version}`;
}

function planJson(folder: string, plan: InstallPlan, applied: boolean, steps: ReturnType<typeof nextSteps>): unknown {
  return {
    folder, version: plan.version, installed_version: plan.installed, up_to_date: plan.changes.length === 0, applied,
    changes: plan.changes.map((change) => ({ path: change.path, action: actionOf(change), lines: countLines(change.after) })),
    kept: plan.kept, migrations: plan.migrations, next_steps: steps,
  };
}
