import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { REPO_ROOT } from "../stack/repo_root.ts";
import { runSqlTests } from "./test/run_sql_tests.ts";
import { vitestCommand } from "./test/vitest_command.ts";

const HELP = `Runs every check and every test of the project.

Usage: npm test -- [options] [vitest filter …]

  --only <steps>   Comma-separated: types, builds, sql, vitest (default: all)
  --coverage       Measure what of functions/_shared is covered; too little fails a run of everything
  --help

HOLDFAST_PG=system uses the PostgreSQL 15 of this machine with the real pg_cron and pgTAP instead of the embedded 17.
Exit codes: 0 all passed · 1 something failed · 2 usage
Example: HOLDFAST_PG=system npm test -- --only sql,vitest`;

const STEPS = ["types", "builds", "sql", "vitest"] as const;
type Step = (typeof STEPS)[number];

interface Count {
  passed: number;
  failed: number;
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: REPO_ROOT, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
    child.on("error", () => resolve(1));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

function bin(name: string): string {
  return join(REPO_ROOT, "node_modules", ".bin", name);
}

/** Each command counts as one test: it passes or it does not. */
async function runCommands(commands: readonly (readonly string[])[]): Promise<Count> {
  const count = { passed: 0, failed: 0 };
  for (const [command = "", ...args] of commands) {
    if (await run(bin(command), args) === 0) count.passed += 1;
    else count.failed += 1;
  }
  return count;
}

/** vitest has the last word: a run it calls failed has at least one failure, whatever its file says. */
async function runVitest(filters: readonly string[], coverage: boolean): Promise<Count> {
  mkdirSync(join(REPO_ROOT, ".holdfast"), { recursive: true });
  const file = join(REPO_ROOT, ".holdfast", "vitest.json");
  rmSync(file, { force: true });
  const { args, env } = vitestCommand(filters, coverage, file);
  const code = await run(bin("vitest"), args, env);
  let count: Count = { passed: 0, failed: 0 };
  try {
    const result = JSON.parse(readFileSync(file, "utf8")) as { numPassedTests: number; numFailedTests: number };
    count = { passed: result.numPassedTests, failed: result.numFailedTests };
  } catch {
    // No file: vitest died before its end, which its exit code says.
  }
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

function readSteps(only: string | undefined): Step[] | undefined {
  if (only === undefined) return [...STEPS];
  const names = only.split(",").map((name) => name.trim());
  const steps = STEPS.filter((step) => names.includes(step));
  return names.every((name) => STEPS.some((step) => step === name)) ? steps : undefined;
}

const readArguments = () => parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, coverage: { type: "boolean", default: false }, help: { type: "boolean", default: false, short: "h" } },
});

async function main(): Promise<number> {
  let given: ReturnType<typeof readArguments>;
  try {
    given = readArguments();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nRun npm test -- --help for the options.`);
    return 2;
  }
  const { values, positionals } = given;
  const steps = readSteps(values.only);
  if (values.help || steps === undefined) {
    console.error(HELP);
    return values.help ? 0 : 2;
  }
  const total = { passed: 0, failed: 0 };
  const perform = async (step: Step, title: string, task: () => Promise<Count>): Promise<void> => {
    if (!steps.includes(step)) return;
    console.log(`\n== ${title}`);
    const started = performance.now();
    const count = await task();
    total.passed += count.passed;
    total.failed += count.failed;
    console.log(`== ${title}: ${count.passed} passed, ${count.failed} failed, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  };
  await perform("types", "TypeScript compiles", () => runCommands([["tsc", "-p", "."]]));
  await perform("builds", "Generated files are up to date", () => runCommands([
    ["tsx", "scripts/build_migrations.ts", "--check"],
    ["tsx", "scripts/build_errors_doc.ts", "--check"],
  ]));
  await perform("sql", "pgTAP", () => runSqlTests((line) => console.log(line)));
  await perform("vitest", "vitest", () => runVitest(positionals, values.coverage));
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

process.exitCode = await main();
