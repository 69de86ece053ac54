import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Queryable } from "../functions/_shared/database/queryable.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import { REPO_ROOT } from "./repo_root.ts";

const BUILD = /\bBuild ([0-9a-f]{12})\./g;

/** The build that the migrations of this checkout leave behind: the last one that names itself. */
function buildOfCheckout(dir: string): string {
  const names = readdirSync(dir).filter((name) => name.endsWith(".sql")).sort();
  const builds = names.flatMap((name) => [...readFileSync(join(dir, name), "utf8").matchAll(BUILD)].map(([, build]) => build));
  const last = builds.at(-1);
  if (last === undefined) throw new HoldfastError("HF903", "No migration names its build", { hint: "Run npm run build:migrations." });
  return last;
}

/**
 * Whether the database has the Holdfast of this checkout. Migrations are recorded by version, and the one migration is
 * rewritten until a release, so that a recorded version does not tell which text was applied.
 *
 * @throws {HoldfastError} HF903 when the migrations were not built
 */
export async function compareBuild(database: Queryable, dir = join(REPO_ROOT, "supabase", "migrations")): Promise<"missing" | "same" | "other"> {
  const { rows: [row] } = await database.query(
    "select coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') as comment from pg_catalog.pg_namespace n where n.nspname = 'backup'");
  if (row === undefined) return "missing";
  const [found] = [...(row as { comment: string }).comment.matchAll(BUILD)].slice(-1);
  return found?.[1] === buildOfCheckout(dir) ? "same" : "other";
}
