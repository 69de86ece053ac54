import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { orderSqlFiles } from "./order_sql_files.ts";
import { readSqlFiles } from "./read_sql_files.ts";
import { renderMigration } from "./render_migration.ts";

const USAGE = `usage: tsx scripts/build_migrations.ts [--check] [--root <folder>]

Builds supabase/migrations/20261123000000_holdfast.sql from sql/.
  --check   write nothing; exit 1 when the file on disk is not what sql/ builds
  --root    the repository, by default the one this script is in`;

/** One migration creates everything until a release has been published; from then on this file must not change. */
export const INITIAL_MIGRATION = "supabase/migrations/20261123000000_holdfast.sql";

/** Where the file on disk departs from what sql/ builds, in words; undefined when they are equal. */
export function describeDrift(onDisk: string | undefined, built: string): string | undefined {
  if (onDisk === built) return undefined;
  if (onDisk === undefined) return "it does not exist";
  const actual = onDisk.split("\n");
  const expected = built.split("\n");
  const line = expected.findIndex((text, index) => text !== actual[index]);
  const at = line < 0 ? expected.length : line;
  const source = expected.slice(0, at + 1).findLast((text) => text.startsWith("-- sql/"));
  return `line ${at + 1} differs${source === undefined ? "" : ` (below "${source}")`}`;
}

function main(): number {
  const { values } = parseArgs({
    options: { check: { type: "boolean" }, help: { type: "boolean" }, root: { type: "string" } },
  });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const root = values.root ?? dirname(import.meta.dirname);
  const target = join(root, INITIAL_MIGRATION);
  const built = renderMigration(orderSqlFiles(readSqlFiles(join(root, "sql"))));
  const drift = describeDrift(existsSync(target) ? readFileSync(target, "utf8") : undefined, built);

  if (drift === undefined) {
    console.log(`${INITIAL_MIGRATION} is what sql/ builds.`);
    return 0;
  }
  if (values.check === true) {
    console.error(`${INITIAL_MIGRATION} is not what sql/ builds: ${drift}. Run "npm run build:migrations" and commit the result.`);
    return 1;
  }
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, built);
  console.log(`Wrote ${INITIAL_MIGRATION}.`);
  return 0;
}

if (process.argv[1] === import.meta.filename) process.exitCode = main();
