import type { RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { addInstallOptions, INSTALL_EXIT_CODES, type InstallFlags, runInstall } from "../install/run_install.ts";

export const registerUpgrade: RegisterCommand = (program, run) => {
  const command = addInstallOptions(program
    .command("upgrade")
    .description("bring the Holdfast of a Supabase project to the version of this command: a new migration, and its functions; shows the changes and asks first"))
    .option("--replace-migrations", "replace, under its name, a migration that was rewritten before its release", false);
  describeHelp(command, "holdfast upgrade --yes", INSTALL_EXIT_CODES);
  command.action(async (folder: string, flags: InstallFlags) => run(command, (context) => runInstall(context, "upgrade", folder, flags)));
};
