import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { InvalidArgumentError } from "commander";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { formatVerificationReport } from "../../functions/_shared/report/format_verification_report.ts";
import { readReport } from "../../functions/_shared/report/page/read_report.ts";
import { renderReportPage } from "../../functions/_shared/report/page/render_report_page.ts";
import { newestVerificationId, readVerification } from "../../functions/_shared/report/read_verification.ts";
import type { CommandContext, RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";

interface ReportFlags {
  html?: true;
  output?: string;
  open?: true;
}

export const registerReport: RegisterCommand = (program, run) => {
  const command = program
    .command("report")
    .description("the report of a verification as Markdown or as a page, of the newest finished one by default")
    .argument("[verification]", "id of a verification", parseId)
    .option("--html", "a self-contained HTML page, which also shows objectives, history and alerts")
    .option("--output <file>", "write the page to this file instead of stdout")
    .option("--open", "open the page in the browser; without --output it is a temporary file");
  describeHelp(command, "holdfast report --open");
  command.action(async (verificationId: string | undefined, flags: ReportFlags) =>
    run(command, async (context) => {
      if (flags.html !== undefined || flags.output !== undefined || flags.open !== undefined) await writePage(context, flags, verificationId);
      else await printMarkdown(context, verificationId);
      return 0;
    }),
  );
};

async function printMarkdown(context: CommandContext, verificationId: string | undefined): Promise<void> {
  const data = await context.withDatabase(async (client) => {
    const id = verificationId ?? (await newestVerificationId(client, true));
    if (id === null) throw new HoldfastError("HF006", "No verification has finished yet", { hint: "Start one with holdfast verify." });
    return await readVerification(client, id);
  });
  const report = data.report ?? formatVerificationReport(data);
  if (context.options.json) context.printJson({ ...data, report });
  else context.print(report);
}

/** The page also tells that nothing has happened yet, so it needs no verification. */
async function writePage(context: CommandContext, { output, open }: ReportFlags, verificationId: string | undefined): Promise<void> {
  const page = renderReportPage(await context.withDatabase((client) => readReport(client, verificationId)));
  if (output === undefined && open === undefined) {
    if (context.options.json) context.printJson({ page });
    else context.print(page.trimEnd());
    return;
  }
  const file = resolve(output ?? join(mkdtempSync(join(tmpdir(), "holdfast-report-")), "report.html"));
  try {
    writeFileSync(file, page);
  } catch (cause) {
    throw new HoldfastError("HF910", `Cannot write ${file}`, { cause, hint: "Name a file in a folder that exists and that you may write to, with --output." });
  }
  const opened = open === undefined ? false : await openInBrowser(file, context.env["BROWSER"]);
  if (context.options.json) context.printJson({ file, opened });
  else context.print(file);
  if (open !== undefined && !opened) context.note("No program to open it with was found; open the file in a browser.");
}

/** Whether the system's own opener, or the program named by BROWSER, took the file. */
function openInBrowser(file: string, browser: string | undefined): Promise<boolean> {
  const [program, ...args] = browser !== undefined && browser !== "" ? [browser] : OPENERS[process.platform] ?? ["xdg-open"];
  if (program === undefined) return Promise.resolve(false);
  return new Promise((done) => {
    const child = spawn(program, [...args, file], { stdio: "ignore", detached: true });
    child.once("error", () => done(false));
    child.once("spawn", () => {
      child.unref();
      done(true);
    });
  });
}

const OPENERS: Partial<Record<NodeJS.Platform, string[]>> = { darwin: ["open"], win32: ["cmd", "/c", "start", ""], linux: ["xdg-open"] };

function parseId(text: string): string {
  if (!z.uuid().safeParse(text).success) throw new InvalidArgumentError("Give the UUID of a verification.");
  return text;
}
