import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

/** `from "…"`, `import "…"` and `import("…")`, also of types alone: a deployed function is checked with them. */
const IMPORT = /^\s*(?:import|export)\b[^;"']*?\bfrom\s+["']([^"']+)["']|^\s*import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

/**
 * The entry point and every file it imports, directly or not; relative to `root`, sorted. Imports of this project end in
 * .ts or .json and never leave functions/, so that this needs no bundler.
 *
 * @throws Error when a file is missing: the package is broken.
 */
export function collectImports(root: string, entrypoint: string): string[] {
  const found = new Set<string>();
  const visit = (path: string, from: string): void => {
    if (found.has(path)) return;
    if (!existsSync(join(root, path))) throw new Error(`${from} imports ${path}, which this package does not have`);
    found.add(path);
    for (const [, named, bare, dynamic] of readFileSync(join(root, path), "utf8").matchAll(IMPORT)) {
      const specifier = named ?? bare ?? dynamic ?? "";
      if (specifier.startsWith(".")) visit(posix.join(dirname(path), specifier), path);
    }
  };
  visit(entrypoint, "config.toml");
  return [...found].sort();
}
