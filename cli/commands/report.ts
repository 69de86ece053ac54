import { z } from "zod";
import { InvalidArgumentError } from "commander";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { formatVerificationReport } from "../../functions/_shared/report/format_verification_report.ts";
import { newestVerificationId, readVerification } from "../../functions/_shared/report/read_verification.ts";
import type { RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";

export const registerReport: RegisterCommand = (program, run) => {
  const command = program
    .command("report")
    .description("the report of a verification as Markdown, of the newest finished one by default")
    .argument("[verification]", "id of a verification", parseId);
  describeHelp(command, "holdfast report > report.md");
  command.action(async (verificationId: string | undefined) =>
    run(command, async (context) => {
      const data = await context.withDatabase(async (client) => {
        const id = verificationId ?? (await newestVerificationId(client, true));
        if (id === null) throw new HoldfastError("HF006", "No verification has finished yet", { hint: "Start one with holdfast verify." });
        return await readVerification(client, id);
      });
      const report = data.report ?? formatVerificationReport(data);
      if (context.options.json) context.printJson({ ...data, report });
      else context.print(report);
      return 0;
    }),
  );
};

function parseId(text: string): string {
  if (!z.uuid().safeParse(text).success) throw new InvalidArgumentError("Give the UUID of a verification.");
  return text;
}
