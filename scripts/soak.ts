import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { type FunctionsBench, runCommand, startFunctionsBench } from "../tests/support/e2e_bench.ts";
import { startRunOverHttp, untilQuiet } from "../tests/support/e2e_functions.ts";
import { moneyProblem, startWriter } from "../tests/support/e2e_money.ts";
import { readBackup } from "../tests/support/e2e_read_backup.ts";
import { readRun, waitForEnd } from "../tests/support/e2e_runs.ts";
import { queryRows } from "../tests/support/query_rows.ts";
import { waitUntil } from "../tests/support/wait_until.ts";

const HELP = `Exports a bank over and over while money moves in it, and reads each backup back: it has to show one moment.

Usage: npm run soak -- [options]

  --runs <n>     Exports (default 200); every 10th by the functions, the others by the command's engine
  --json         One line of JSON on stdout at the end

The database is the embedded one, or the system's with HOLDFAST_PG=system.

Exit codes: 0 every export showed one moment · 1 one did not or failed · 2 usage
Example: npm run soak -- --runs 50`;

interface Outcome {
  runs: number;
  functions_runs: number;
  commits: number;
  rows: number;
  seconds: number;
  violation: string | null;
}

async function exportOnce(bench: FunctionsBench, byFunctions: boolean): Promise<string> {
  if (!byFunctions) return (await runCommand(bench, { workers: 2 })).runId;
  const runId = await startRunOverHttp(bench);
  await waitForEnd(bench, runId, 120_000);
  return runId;
}

/**
 * Moves the rows of a table while it is exported: every address a worker has planned with becomes wrong. Not before
 * there is a plan, because a table that was rewritten between snapshot and plan is refused.
 */
async function disturb(bench: FunctionsBench, run: number): Promise<void> {
  if (run % 7 !== 0) return;
  const planned = "select from backup.chunks c join backup.runs r using (run_id) where r.state = 'exporting' and c.kind = 'data' limit 1";
  await waitUntil(async () => (await queryRows(bench.databaseUrl, planned)).length > 0, 90_000);
  await queryRows(bench.databaseUrl, `vacuum full bank.${run % 2 === 0 ? "checking" : "savings"}`);
}

async function soak(bench: FunctionsBench, runs: number, outcome: Outcome): Promise<void> {
  await queryRows(bench.databaseUrl, "update backup.settings set chunk_bytes = 262144, worker_bytes = 3000000, included_schemas = '{bank}' where id");
  const writer = await startWriter(bench.databaseUrl);
  const started = Date.now();
  try {
    for (let run = 1; run <= runs; run++) {
      const byFunctions = run % 10 === 0;
      const [runId] = await Promise.all([exportOnce(bench, byFunctions), disturb(bench, run)]);
      const row = await readRun(bench, runId);
      if (row?.state !== "complete") throw new Error(`Run ${runId} failed: ${row?.failure_code} ${row?.failure_message}`);
      const backup = await readBackup(bench, row.object_prefix);
      const problem = moneyProblem(backup);
      if (problem !== undefined) throw new Error(`Run ${runId} mixes moments: ${problem}`);
      outcome.runs = run;
      outcome.functions_runs += byFunctions ? 1 : 0;
      outcome.commits = writer.commits();
      outcome.rows += backup.manifest.totals.rows;
      process.stderr.write(`\r${run} of ${runs} exports, ${outcome.commits} transactions meanwhile, ${Math.round((Date.now() - started) / 1000)} s `);
      if (byFunctions) await untilQuiet(bench);
      // What a hundred exports leave behind is not what is tested.
      rmSync(`${bench.stack.dir}/s3/holdfast-backups/${row.object_prefix}`, { recursive: true, force: true });
    }
  } finally {
    outcome.seconds = Math.round((Date.now() - started) / 1000);
    await writer.stop();
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: {
    runs: { type: "string", default: "200" }, json: { type: "boolean", default: false }, help: { type: "boolean", default: false, short: "h" },
  } });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) {
    process.stderr.write(`--runs is ${JSON.stringify(values.runs)}, but it has to be a whole number from 1\n`);
    return 2;
  }
  const outcome: Outcome = { runs: 0, functions_runs: 0, commits: 0, rows: 0, seconds: 0, violation: null };
  const bench = await startFunctionsBench();
  try {
    await soak(bench, runs, outcome);
  } catch (error) {
    outcome.violation = error instanceof Error ? error.message : String(error);
  } finally {
    await bench.stop();
  }
  process.stderr.write("\n");
  process.stdout.write(values.json ? `${JSON.stringify(outcome)}\n` : summary(outcome));
  return outcome.violation === null ? 0 : 1;
}

function summary({ runs, functions_runs: byFunctions, commits, rows, seconds, violation }: Outcome): string {
  const facts = `${runs} exports (${byFunctions} by the functions), ${rows} rows read back, ${commits} transactions meanwhile, ${seconds} s.`;
  return violation === null ? `Every export showed one moment: ${facts}\n` : `Stopped: ${violation}\nBefore it: ${facts}\n`;
}

main().then((code) => { process.exitCode = code; }, (error: unknown) => {
  const isUsage = error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  process.stderr.write(isUsage ? `${error.message}\nRun npm run soak -- --help for the options.\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
});
