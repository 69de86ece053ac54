import { formatBackupStrategy } from "../../functions/_shared/report/format_backup_strategy.ts";
import { readBackupStrategy } from "../../functions/_shared/report/read_backup_strategy.ts";
import type { RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";

export const registerStrategy: RegisterCommand = (program, run) => {
  const command = program.command("strategy").description("which backups exist, how long they are kept, and the recovery objectives");
  describeHelp(command, "holdfast strategy > strategy.md");
  command.action(async () =>
    run(command, async (context) => {
      const strategy = await context.withDatabase(readBackupStrategy);
      if (context.options.json) context.printJson(strategy);
      else context.print(formatBackupStrategy(strategy.policies, strategy.objectives));
      return 0;
    }),
  );
};
