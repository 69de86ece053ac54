import type { RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { addInstallOptions, INSTALL_EXIT_CODES, type InstallFlags, runInstall } from "../install/run_install.ts";

export const registerInit: RegisterCommand = (program, run) => {
  const command = addInstallOptions(program
    .command("init")
    .description("add Holdfast to a Supabase project: its migration, its Edge Functions and their entries in config.toml; shows the changes and asks first"));
  describeHelp(command, "holdfast init --dry-run", INSTALL_EXIT_CODES);
  command.action(async (folder: string, flags: InstallFlags) => run(command, (context) => runInstall(context, "init", folder, flags)));
};
