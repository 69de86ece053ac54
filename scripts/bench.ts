import { mkdirSync, rmSync, chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareWithPgDump } from "./bench/compare_with_pg_dump.ts";
import { compareWithPgRestore } from "./bench/compare_with_pg_restore.ts";
import { measureFunctions } from "./bench/measure_functions.ts";
import { measureLedger } from "./bench/measure_ledger.ts";

const HELP = `Measures exports against pg_dump, restores against pg_restore, exports inside the limits of functions, and a ledger of years. Prints ratios of one run; nothing is asserted.

Usage: npm run bench -- [options]

  --size <MiB>       Size of the big database (default 1100)
  --small <MiB>      Size of the small one, for the functions (default 10)
  --rounds <n>       Times that each and its rival run in turn (default 3)
  --runs <n>         Runs in the ledger (default 10000, which make about 235,000 rows)
  --only <parts>     dump, restore, functions, ledger (default all)
  --workers <n>      Sessions of the export and the restore (default 2, as -j2)

Needs the PostgreSQL 15 of Debian for pg_dump and pg_restore (parts dump, restore).
Exit codes: 0 measured · 1 failed · 2 usage
Example: npm run bench -- --size 300 --rounds 1`;

const PARTS = ["dump", "restore", "functions", "ledger"];

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`--${name} must be a positive number`);
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: "string", default: "1100" }, small: { type: "string", default: "10" }, rounds: { type: "string", default: "3" }, runs: { type: "string", default: "10000" },
      only: { type: "string", default: PARTS.join(",") }, workers: { type: "string", default: "2" }, help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const parts = values.only.split(",").map((name) => name.trim());
  const unknown = parts.find((name) => !PARTS.includes(name));
  if (unknown !== undefined) throw new TypeError(`--only has no part "${unknown}"; parts are ${PARTS.join(", ")}`);
  const dir = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  chmodSync(dir, 0o755);
  mkdirSync(dir, { recursive: true });
  try {
    if (parts.includes("dump")) {
      await compareWithPgDump({ dir, bytes: positive(values.size, "size") * 1024 * 1024, rounds: positive(values.rounds, "rounds"), workers: positive(values.workers, "workers") });
    }
    if (parts.includes("restore")) {
      await compareWithPgRestore({ dir, bytes: positive(values.size, "size") * 1024 * 1024, rounds: positive(values.rounds, "rounds"), workers: positive(values.workers, "workers") });
    }
    if (parts.includes("functions")) {
      for (const size of [positive(values.small, "small"), positive(values.size, "size")]) {
        await measureFunctions({ dir: join(dir, `functions-${size}`), bytes: size * 1024 * 1024 });
      }
    }
    if (parts.includes("ledger")) await measureLedger({ dir, runs: positive(values.runs, "runs"), rounds: positive(values.rounds, "rounds") });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : "unexpected"}`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
