import { Option } from "commander";
import type { CommandContext, ExitCode, RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { DoctorSession } from "../doctor/doctor_session.ts";
import { formatDoctor } from "../doctor/format_doctor.ts";
import { type Area, AREAS } from "../doctor/registry.ts";
import { type DoctorReport, runDoctor } from "../doctor/run_doctor.ts";
import { addIdentityOption } from "../read_identities.ts";

interface DoctorFlags {
  functionsUrl?: string;
  only?: Area;
  identity: string[];
}

export const registerDoctor: RegisterCommand = (program, run) => {
  const command = program
    .command("doctor")
    .description("what is missing in a set-up, each with the command that repairs it; changes nothing but one probe object per storage class, which it deletes, and two tickets, which expire")
    .option("--functions-url <url>", "where the functions answer (default: HOLDFAST_FUNCTIONS_URL, then SUPABASE_URL, then what the database has)")
    .addOption(new Option("--only <area>", "look at one area and what it needs").choices(AREAS));
  addIdentityOption(command);
  describeHelp(command, "holdfast doctor --only bucket", "0 everything passed or does not apply, 1 bug, 2 usage, 3 never, 10 something failed, 11 something could not be looked at and nothing failed");
  command.action(async (flags: DoctorFlags) => run(command, (context) => act(context, flags)));
};

async function act(context: CommandContext, flags: DoctorFlags): Promise<ExitCode> {
  const session = new DoctorSession({ env: context.env, databaseUrl: () => context.databaseUrl(), functionsUrl: flags.functionsUrl, identities: flags.identity });
  try {
    const report = await context.withProgress("Examining", (update) => runDoctor(session, flags.only, update));
    if (context.options.json) context.printJson(toJson(report));
    else context.print(formatDoctor(report, context.palette));
    return report.verdict === "passed" ? 0 : report.verdict === "failed" ? 10 : 11;
  } finally {
    await session.close();
  }
}

function toJson({ verdict, results }: DoctorReport): unknown {
  return {
    verdict,
    results: results.map(({ name, blockedBy, ...answer }) => {
      const [area = "", ...rest] = name.split("/");
      return { area, name: rest.join("/"), verdict: answer.verdict, seen: answer.seen, fix: answer.fix, blocked_by: blockedBy };
    }),
  };
}
