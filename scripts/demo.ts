import { parseArgs } from "node:util";
import { configForUrl } from "../cli/config_for_url.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import { describeUnexpected } from "../functions/_shared/errors/describe_unexpected.ts";
import { startClock } from "../stack/clock/start_clock.ts";
import { s3Secrets } from "../stack/s3_secrets.ts";
import { startStack } from "../stack/start_stack.ts";
import { describeResult, explainWhereToLook } from "./demo/explain.ts";
import { prepareOwnDatabase, prepareSample } from "./demo/prepare.ts";
import { runExport } from "./demo/run_export.ts";
import { runVerification } from "./demo/run_verification.ts";

const HELP = `Brings up a Supabase project with a sample database, backs it up to S3 through its Edge Functions, verifies and reports.

Usage: npm run demo -- [options]

  --database-url <url>   Use this database instead of the sample; only schema backup is written
  --dir <path>           State, logs and data (default .holdfast)
  --fresh                Forget the data and the backups of earlier runs
  --json                 One JSON document on stdout instead of the report
  --help

Exit codes: 0 verified · 1 bug · 2 usage · 3 refused or the export failed · 10 verification failed · 11 inconclusive
Example: npm run demo -- --database-url postgres://postgres:secret@127.0.0.1:5432/app`;

const EXIT_CODES = { passed: 0, failed: 10, inconclusive: 11, skipped: 11 } as const;

/** Talk goes to stderr, so that the report or the JSON can be piped. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      "database-url": { type: "string" }, dir: { type: "string" },
      fresh: { type: "boolean", default: false }, json: { type: "boolean", default: false },
      help: { type: "boolean", default: false, short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const own = values["database-url"];
  if (own !== undefined) configForUrl({}, own, "--database-url");
  const cleanups: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  }
  try {
    say(own === undefined ? "Starting database, clock, object storage and functions …" : "Starting object storage and functions …");
    const stack = await startStack({
      freshData: values.fresh, functionSecrets: ({ s3 }) => s3Secrets(s3),
      ...(values.dir === undefined ? {} : { dir: values.dir }),
      ...(own === undefined ? {} : { databaseUrl: own }),
    });
    cleanups.push(() => stack.stop());
    if (own === undefined) {
      await prepareSample(stack, say);
    } else {
      await prepareOwnDatabase(own, say);
      const clock = await startClock({ databaseUrl: own, functionsUrl: stack.functionsUrl, onLog: say });
      cleanups.push(() => clock.stop());
    }
    const run = await runExport(stack.databaseUrl, say);
    const verification = await runVerification(stack.databaseUrl, say);
    const result = describeResult(stack, run, verification);
    process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${verification.report}\n`);
    if (!values.json) say(explainWhereToLook(result, own !== undefined));
    return EXIT_CODES[verification.verdict];
  } finally {
    await stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof HoldfastError) {
    say(`error: ${error.message} (${error.code})`);
    if (error.detail !== undefined) say(`detail: ${error.detail}`);
    if (error.hint !== undefined) say(`hint: ${error.hint}`);
    process.exitCode = error.exitCode;
  } else if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
    say(`error: ${error.message}\nhint: See npm run demo -- --help.`);
    process.exitCode = 2;
  } else {
    say(`error: ${error instanceof Error ? error.message : "unexpected"}\n${describeUnexpected(error)}`);
    process.exitCode = 1;
  }
}
