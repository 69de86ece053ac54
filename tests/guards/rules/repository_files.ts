import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface RepositoryFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const ROOT = join(import.meta.dirname, "../../..");
const SKIPPED = new Set(["node_modules", ".git", ".holdfast", "coverage", "build", ".temp", ".branches"]);
const TEXT = /\.(?:ts|mjs|js|sql|psql|json|toml|md|yml|yaml|sh)$/;

/** Every text file of the repository at or below one of the given paths; with none, of the whole repository. */
export function repositoryFiles(...below: string[]): RepositoryFile[] {
  return walk("").filter(({ path }) => below.length === 0 || below.some((start) => path === start || path.startsWith(`${start}/`)));
}

let cached: RepositoryFile[] | undefined;

function walk(start: string): RepositoryFile[] {
  if (start === "" && cached !== undefined) return cached;
  const files: RepositoryFile[] = [];
  for (const entry of readdirSync(join(ROOT, start), { withFileTypes: true })) {
    const path = start === "" ? entry.name : `${start}/${entry.name}`;
    // Symbolic links lead to files that are listed where they are.
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) files.push(...walk(path));
    if (entry.isFile() && TEXT.test(entry.name)) files.push({ path, text: readFileSync(join(ROOT, path), "utf8") });
  }
  if (start === "") cached = files;
  return files;
}
