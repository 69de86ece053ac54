import { formatDuration } from "../../functions/_shared/report/format_quantity.ts";
import { type BackupStrategy, readBackupStrategy } from "../../functions/_shared/report/read_backup_strategy.ts";
import { setObjective, setPolicy, type PolicyChanges } from "../../functions/_shared/report/set_policy.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import type { CommandContext, RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { formatColumns } from "../format_columns.ts";

interface SetFlags {
  retention?: string;
  schedule?: string;
  storageClass?: string;
  enable?: boolean;
  disable?: boolean;
}

/** Text says `none` for what JSON has null for. */
const NONE = "none";

export const registerPolicies: RegisterCommand = (program, run) => {
  const command = program.command("policies").description("show the backups of the strategy and the objectives, or change them");
  describeHelp(command, 'holdfast policies set secondary_weekly --schedule "0 3 * * 6" --retention "120 days"');
  command.action(async () =>
    run(command, async (context) => {
      const strategy = await context.withDatabase(readBackupStrategy);
      if (context.options.json) context.printJson(strategy);
      else printStrategy(context, strategy);
      return 0;
    }),
  );

  const set = command
    .command("set")
    .description("change a policy and install the schedules anew")
    .argument("<name>", "policy, as holdfast policies lists it")
    .option("--retention <time>", 'how long a backup is kept, as "30 days"')
    .option("--schedule <cron>", 'when it is made, in UTC, as "0 1 * * 0"; none: the first export of its period')
    .option("--storage-class <class>", "STANDARD, STANDARD_IA, GLACIER_IR, GLACIER, DEEP_ARCHIVE or none")
    .option("--enable", "turn it on")
    .option("--disable", "turn it off");
  describeHelp(set, 'holdfast policies set primary --retention "7 days"');
  set.action(async (name: string, flags: SetFlags) =>
    run(set, async (context) => {
      const changes = changesOf(flags);
      const { strategy, warnings } = await context.withDatabase(async (client) => {
        const warnings = await setPolicy(client, name, changes);
        return { strategy: await readBackupStrategy(client), warnings };
      });
      const policy = strategy.policies.find((one) => one.name === name);
      if (context.options.json) context.printJson({ policy, warnings });
      else {
        printStrategy(context, { policies: policy === undefined ? [] : [policy], objectives: [], warnings: [] });
        for (const warning of warnings) context.note(`${context.palette.unsure("warning")}: ${warning}`);
      }
      return 0;
    }),
  );

  const objectives = command.command("objectives").description("change a recovery objective");
  const setTarget = objectives
    .command("set")
    .description("set the target of a recovery objective")
    .argument("<name>", "rto or rpo")
    .argument("<target>", 'a time, as "4 hours"');
  describeHelp(setTarget, 'holdfast policies objectives set rto "4 hours"');
  setTarget.action(async (name: string, target: string) =>
    run(setTarget, async (context) => {
      const objective = await context.withDatabase(async (client) => {
        await setObjective(client, name, target);
        return (await readBackupStrategy(client)).objectives.find((one) => one.name === name.toLowerCase());
      });
      if (context.options.json) context.printJson({ objective });
      else printStrategy(context, { policies: [], objectives: objective === undefined ? [] : [objective], warnings: [] });
      return 0;
    }),
  );
};

/** @throws HoldfastError HF100 when nothing is asked for, or two things that contradict each other */
function changesOf(flags: SetFlags): PolicyChanges {
  if (flags.enable === true && flags.disable === true) throw new HoldfastError("HF100", "--enable and --disable contradict each other", { hint: "Give one of them." });
  const orNull = (text: string): string | null => (text.toLowerCase() === NONE ? null : text);
  const changes: PolicyChanges = {
    ...(flags.retention === undefined ? {} : { retention: flags.retention }),
    ...(flags.schedule === undefined ? {} : { schedule: orNull(flags.schedule) }),
    ...(flags.storageClass === undefined ? {} : { storage_class: orNull(flags.storageClass) }),
    ...(flags.enable === true ? { enabled: true } : flags.disable === true ? { enabled: false } : {}),
  };
  if (Object.keys(changes).length > 0) return changes;
  throw new HoldfastError("HF100", "Nothing to change was given", { hint: "Give --retention, --schedule, --storage-class, --enable or --disable." });
}

function printStrategy(context: CommandContext, { policies, objectives, warnings }: BackupStrategy): void {
  const { good, unsure } = context.palette;
  if (policies.length > 0) {
    context.print(formatColumns([
      ["POLICY", "STATE", "MADE BY", "FREQUENCY", "SCHEDULE (UTC)", "KEPT", "CLASS", "NEXT RUN (UTC)"],
      ...policies.map((policy) => [
        policy.name, policy.enabled ? "on" : "off", policy.provider, policy.frequency, policy.schedule ?? "-",
        formatDuration(policy.retention_seconds), policy.storage_class ?? "-",
        policy.next_run_at === null ? "-" : new Date(policy.next_run_at).toISOString().slice(0, 16).replace("T", " "),
      ]),
    ]));
  }
  if (objectives.length > 0) {
    if (policies.length > 0) context.print("");
    context.print(formatColumns([
      ["OBJECTIVE", "TARGET", "MEASURED", "BASIS"],
      ...objectives.map(({ name, target_seconds, measured_seconds, basis }) =>
        [name, formatDuration(target_seconds), measured_seconds === null ? "not measured" : formatDuration(Math.max(0, measured_seconds)), basis]),
    ]));
  }
  for (const { policy_name, message } of warnings) context.note(`${unsure("warning")}: ${policy_name}: ${message}`);
  if (warnings.length === 0 && policies.length > 1) context.note(good("no warnings"));
}
