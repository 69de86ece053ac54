import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { orderSqlFiles } from "./order_sql_files.ts";
import { readSqlFiles } from "./read_sql_files.ts";
import { renderMigration } from "./render_migration.ts";
import { renderMigrationModule } from "./render_migration_module.ts";

const USAGE = `usage: tsx scripts/build_migrations.ts [--check] [--root <folder>]

Builds supabase/migrations/20261123000000_holdfast.sql from sql/, and the same text as a module for the functions.
  --check   write nothing; exit 1 when a file on disk is not what sql/ builds
  --root    the repository, by default the one this script is in`;

/** One migration creates everything until a release has been published; from then on this file must not change. */
export const INITIAL_MIGRATION = "supabase/migrations/20261123000000_holdfast.sql";

/** The same text for code that runs where there are no files. */
export const MIGRATION_MODULE = "functions/_shared/prove/holdfast_migration.ts";

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
  const migration = renderMigration(orderSqlFiles(readSqlFiles(join(root, "sql"))));
  const built = [{ path: INITIAL_MIGRATION, text: migration }, { path: MIGRATION_MODULE, text: renderMigrationModule(migration) }];
  let drifted = false;
  for (const { path, text } of built) {
    const target = join(root, path);
    const drift = describeDrift(existsSync(target) ? readFileSync(target, "utf8") : undefined, text);
    if (drift === undefined) {
      console.log(`${path} is what sql/ builds.`);
    } else if (values.check === true) {
      console.error(`${path} is not what sql/ builds: ${drift}. Run "npm run build:migrations" and commit the result.`);
      drifted = true;
    } else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
      console.log(`Wrote ${path}.`);
    }
  }
  return drifted ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) process.exitCode = main();
