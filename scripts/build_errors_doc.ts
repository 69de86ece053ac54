import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { ERRORS, isErrorCode } from "../functions/_shared/errors/catalogue.ts";
import { ERRORS_TEXT } from "./errors_text.ts";

const USAGE = `usage: tsx scripts/build_errors_doc.ts [--check]

Builds docs/errors.md from the error catalogue and scripts/errors_text.ts.
  --check   write nothing; exit 1 when the file on disk is not what they build`;

const INTRODUCTION = `# Errors

Built from the error catalogue by scripts/build_errors_doc.ts. Do not edit.

Every failure a caller can act on has a code. SQL raises it as SQLSTATE, the functions answer with it in the shape of a
PostgREST error (\`code\`, \`message\`, \`details\`, \`hint\`), the command prints it, and the ledger keeps it with a run that failed.
A failure without a code is a bug.

Exit codes of the command: 2 the call or the configuration is wrong, 3 refused.
`;

const RANGES: Readonly<Record<string, string>> = {
  HF0: "Ledger and runs",
  HF1: "Requests and configuration",
  HF2: "Object storage",
  HF3: "Export",
  HF4: "Checks",
  HF5: "Restore and drills",
  HF6: "Retention and storage classes",
  HF7: "Encryption",
  HF8: "Strategy, primary backups and alerts",
  HF9: "Local stack and command",
};

/** The page that explains every code, in the order of the codes. */
export function renderErrorsDoc(): string {
  const codes = Object.keys(ERRORS).filter(isErrorCode).sort();
  const sections = Object.entries(RANGES).flatMap(([prefix, heading]) => {
    const entries = codes.filter((code) => code.startsWith(prefix)).map((code) => {
      const { title, http, exit } = ERRORS[code];
      const { cause, remedy } = ERRORS_TEXT[code];
      return `### ${code}: ${title}\n\nHTTP ${http}, exit code ${exit}.\n\n${cause}\n\n**What to do:** ${remedy}\n`;
    });
    return entries.length === 0 ? [] : [`## ${heading}\n`, ...entries];
  });
  return [INTRODUCTION, ...sections].join("\n");
}

function main(): number {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const target = join(dirname(import.meta.dirname), "docs/errors.md");
  const built = renderErrorsDoc();
  if (existsSync(target) && readFileSync(target, "utf8") === built) {
    console.log("docs/errors.md is up to date.");
    return 0;
  }
  if (values.check === true) {
    console.error('docs/errors.md is not what the error catalogue builds. Run "npm run build:errors" and commit the result.');
    return 1;
  }
  writeFileSync(target, built);
  console.log("Wrote docs/errors.md.");
  return 0;
}

if (process.argv[1] === import.meta.filename) process.exitCode = main();
