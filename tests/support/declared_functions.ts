import { readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** One `[functions.<slug>]` table of a config.toml; paths are relative to the repository. */
export interface DeclaredFunction {
  readonly slug: string;
  readonly entrypoint: string;
  readonly importMap: string;
  readonly verifyJwt: boolean;
}

/**
 * Reads the Edge Functions a project declares.
 * @throws Error when a table lacks one of the keys every function of this project sets.
 */
export function declaredFunctions(workdir: string): DeclaredFunction[] {
  const text = readFileSync(join(workdir, "supabase/config.toml"), "utf8");
  return [...text.matchAll(/^\[functions\.([\w-]+)\]\n((?:(?!\[).*\n?)*)/gm)].map(([, slug = "", body = ""]) => {
    const value = (key: string): string => {
      const found = new RegExp(`^${key} = "?([^"\\n]+)"?$`, "m").exec(body)?.[1];
      if (found === undefined) throw new Error(`[functions.${slug}] does not set ${key}`);
      return found;
    };
    return {
      slug,
      entrypoint: posix.join("supabase", value("entrypoint")),
      importMap: posix.join("supabase", value("import_map")),
      verifyJwt: value("verify_jwt") === "true",
    };
  });
}
