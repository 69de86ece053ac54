import { listSqlChecks, runSqlCheck } from "../../functions/_shared/verify/run_sql_checks.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { overallVerdict } from "../../functions/_shared/verify/overall_verdict.ts";
import type { RecordedFinding } from "../../functions/_shared/verify/run_sql_checks.ts";
import type { Verdict } from "../../functions/_shared/verify/verdict.ts";
import type { CommandContext, RegisterCommand } from "../command_context.ts";
import { describeHelp, VERDICT_EXIT_CODES } from "../describe_help.ts";
import { exitCodeFor } from "../exit_code_for.ts";
import { formatColumns } from "../format_columns.ts";

interface ChecksFlags {
  all: boolean;
  list: boolean;
}

export const registerChecks: RegisterCommand = (program, run) => {
  const command = program
    .command("checks")
    .description("run checks on the database, without recording anything")
    .argument("[check...]", "checks to run, all by default")
    .option("--all", "print passed answers too", false)
    .option("--list", "print the names of the checks and run none", false);
  describeHelp(command, "holdfast checks check_foreign_keys check_sequences", VERDICT_EXIT_CODES);
  command.action(async (names: string[], flags: ChecksFlags) =>
    run(command, async (context) =>
      await context.withDatabase(async (client) => {
        const known = await listSqlChecks(client);
        if (flags.list) {
          if (context.options.json) context.printJson(known);
          else context.print(known.join("\n"));
          return 0;
        }
        const unknown = names.find((name) => !known.includes(name));
        if (unknown !== undefined) {
          throw new HoldfastError("HF100", `There is no check ${JSON.stringify(unknown)}`, { hint: `Checks are: ${known.join(", ")}.` });
        }
        const findings = await context.withProgress("Checking", async (update) => {
          const all: RecordedFinding[] = [];
          for (const name of names.length === 0 ? known : new Set(names)) {
            update(name);
            all.push(...(await runSqlCheck(client, name)));
          }
          return all;
        });
        const verdict = overallVerdict(findings.map((finding) => finding.verdict));
        if (context.options.json) context.printJson({ verdict, findings });
        else printFindings(context, verdict, findings, flags.all);
        return exitCodeFor(verdict);
      }),
    ),
  );
};

const ORDER: readonly Verdict[] = ["failed", "inconclusive", "skipped", "passed"];

function printFindings(context: CommandContext, verdict: Verdict, findings: readonly RecordedFinding[], all: boolean): void {
  const shown = ORDER.flatMap((wanted) => findings.filter((finding) => finding.verdict === wanted && (all || wanted !== "passed")));
  if (shown.length > 0) {
    context.print(formatColumns(shown.map(({ verdict, check_name, subject, expected, actual }) =>
      [verdict, check_name, subject, expected === null ? (actual ?? "") : `${actual ?? ""} (expected: ${expected})`])));
  }
  const counts = ORDER.map((wanted) => `${findings.filter((finding) => finding.verdict === wanted).length} ${wanted}`).join(", ");
  const { good, bad, unsure } = context.palette;
  const paint = verdict === "passed" ? good : verdict === "failed" ? bad : unsure;
  context.print(`${paint(verdict)}: ${counts}`);
}
