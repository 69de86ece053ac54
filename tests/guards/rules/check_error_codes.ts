import type { RepositoryFile } from "./repository_files.ts";

/** Codes that a file of the product uses and the catalogue does not know. */
export function checkErrorCodes(files: readonly RepositoryFile[], known: ReadonlySet<string>): string[] {
  return files
    .filter(({ path }) => /^(?:sql|functions|stack|cli|scripts)\//.test(path))
    .flatMap(({ path, text }) =>
      [...new Set(text.match(/\bHF\d{3}\b/g))].filter((code) => !known.has(code)).map((code) => `${path}: ${code} is not in the catalogue`));
}
