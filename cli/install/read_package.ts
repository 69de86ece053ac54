import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { collectImports } from "./collect_imports.ts";
import type { FunctionSettings } from "./function_settings.ts";

/** The folder this command was installed into: a checkout, or one below node_modules. */
export const PACKAGE_ROOT = REPO_ROOT;

/** Below supabase/, beside functions/: the folder of the user's own functions stays theirs. */
export const INSTALL_FOLDER = "holdfast";

/** One migration of a release, under the name the package has it by. */
export interface PackagedMigration {
  readonly release: string;
  readonly content: Buffer;
}

/** What this version of Holdfast brings into a project. */
export interface HoldfastPackage {
  readonly version: string;
  /** By slug, as they are to stand in the project's config.toml. */
  readonly functions: ReadonlyMap<string, FunctionSettings>;
  /** By path below supabase/holdfast/. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Of every release, oldest first. */
  readonly migrations: readonly PackagedMigration[];
}

const packageJson = z.object({ version: z.string() });
const config = z.object({
  functions: z.record(z.string(), z.object({ entrypoint: z.string(), import_map: z.string(), verify_jwt: z.boolean() })),
});

/** Reads what the package carries; its own config.toml says which functions there are. @throws Error when it is broken */
export function readPackage(root: string = PACKAGE_ROOT): HoldfastPackage {
  const { version } = packageJson.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  const { functions } = config.parse(parse(readFileSync(join(root, "supabase/config.toml"), "utf8")));
  const paths = new Set<string>();
  const settings = new Map<string, FunctionSettings>();
  for (const slug of Object.keys(functions).sort()) {
    const { entrypoint, import_map, verify_jwt } = functions[slug]!;
    const [code, map] = [entrypoint, import_map].map((path) => posix.join("supabase", path)) as [string, string];
    for (const path of [...collectImports(root, code), map]) paths.add(path);
    settings.set(slug, { entrypoint: installedPath(code), import_map: installedPath(map), verify_jwt });
  }
  return {
    version,
    functions: settings,
    files: new Map([...paths].sort().map((path) => [belowFunctions(path), readFileSync(join(root, path))])),
    migrations: readdirSync(join(root, "supabase/migrations")).filter((name) => /^\d{14}_.+\.sql$/.test(name)).sort()
      .map((release) => ({ release, content: readFileSync(join(root, "supabase/migrations", release)) })),
  };
}

/** A file elsewhere could not keep its place relative to the others, and with it what they import. */
function belowFunctions(path: string): string {
  if (!path.startsWith("functions/")) throw new Error(`${path} is not below functions/ of this package`);
  return path.slice("functions/".length);
}

/** As config.toml has it, relative to supabase/. */
const installedPath = (path: string): string => `./${INSTALL_FOLDER}/${belowFunctions(path)}`;
