import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { hasPgProve, type ProveFile, runPgProve } from "./run_pg_prove.ts";
import { runPgtapFile, type RunSql, runSqlOn } from "./run_pgtap_file.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const USAGE = `Usage: run_pgtap --database-url <url> [--runner own|pg_prove] [file or folder …]

Runs tests/sql/**/*.test.sql against a database, through pg_prove where it is installed, else by itself.

Exit codes: 0 all passed · 1 something failed · 2 wrong usage, or nothing to run
Example: run_pgtap --database-url postgres://postgres@127.0.0.1:54322/postgres tests/sql/functions`;

export interface PgtapOptions {
  readonly databaseUrl: string;
  readonly paths: readonly string[];
  readonly runner: "own" | "pg_prove";
  readonly print: (line: string) => void;
  /** Replaces the connection of the own runner, for tests. */
  readonly runSql?: RunSql;
}

/** Runs pgTAP files, prints what failed and a last line "N passed, N failed", and returns the exit code. */
export async function runPgtap(options: PgtapOptions): Promise<number> {
  const paths = options.paths.flatMap(findTests);
  if (paths.length === 0) {
    options.print("no .test.sql file found");
    options.print("0 passed, 0 failed");
    return 2;
  }
  let passed = 0;
  let failed = 0;
  let reported = 0;
  const report = ({ path, result }: ProveFile): void => {
    passed += result.passed;
    failed += result.failed;
    reported += 1;
    options.print(`${result.failed === 0 ? "ok" : "FAILED"} ${relative(ROOT, path)}: ${result.passed} passed`);
    for (const failure of result.failures) options.print(`  not ok ${failure}`);
    for (const problem of result.problems) options.print(`  ${problem}`);
  };

  if (options.runner === "own") {
    const runSql = options.runSql ?? runSqlOn(options.databaseUrl);
    for (const path of paths) report({ path, result: await runPgtapFile(readFileSync(path, "utf8"), runSql) });
  } else {
    const { files, exit } = await runPgProve(options.databaseUrl, paths);
    files.forEach(report);
    // pg_prove has the last word: a run that it calls bad is bad, whatever could be read from its output.
    if ((exit !== 0 || reported !== paths.length) && failed === 0) {
      options.print(`  pg_prove ended with exit code ${exit} after ${reported} of ${paths.length} files`);
      failed += 1;
    }
  }
  options.print(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function findTests(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.sql"))
    .sort()
    .map((name) => join(path, name));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { "database-url": { type: "string" }, runner: { type: "string" }, help: { type: "boolean" } },
  });
  const databaseUrl = values["database-url"];
  const runner = values.runner ?? (hasPgProve() ? "pg_prove" : "own");
  if (values.help === true || databaseUrl === undefined || (runner !== "own" && runner !== "pg_prove")) {
    console.error(USAGE);
    return values.help === true ? 0 : 2;
  }
  const paths = positionals.length > 0 ? positionals : [join(ROOT, "tests/sql")];
  return runPgtap({ databaseUrl, paths, runner, print: (line) => console.log(line) });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
