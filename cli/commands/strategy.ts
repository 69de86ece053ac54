import { formatBackupStrategy } from "../../functions/_shared/report/format_backup_strategy.ts";
import { readBackupStrategy } from "../../functions/_shared/report/read_backup_strategy.ts";
import type { RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";

export const registerStrategy: RegisterCommand = (program, run) => {
  const command = program.command("strategy").description("the strategy as Markdown: backups, objectives, schedules, what is not configured, and a cost estimate");
  describeHelp(command, "holdfast strategy > strategy.md");
  command.action(async () =>
    run(command, async (context) => {
      if (context.options.json) context.printJson(await context.withDatabase(readBackupStrategy));
      else context.print(await context.withDatabase(formatBackupStrategy));
      return 0;
    }),
  );
};
