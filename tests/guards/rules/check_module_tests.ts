import type { RepositoryFile } from "./repository_files.ts";

const TESTED = /^(?:functions|stack|cli|scripts)\/.+\.ts$/;
const EXPORTS_CODE = /^export (?:async )?(?:function|class)\b|^export const \w+[^=\n]*= (?:async )?(?:\([^)]*\)|\w+)[^=\n]*=>/m;

/** Modules that export code and have no test at the mirrored path, unless exempt; and exemptions that no longer hold. */
export function checkModuleTests(files: readonly RepositoryFile[], exempt: Readonly<Record<string, string>>): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const problems: string[] = [];
  for (const { path, text } of files) {
    if (!TESTED.test(path) || !EXPORTS_CODE.test(text)) continue;
    const test = `tests/${path.replace(/\.ts$/, ".test.ts")}`;
    if (paths.has(test)) {
      if (path in exempt) problems.push(`${path}: has a test, so it needs no exemption`);
    } else if (!(path in exempt)) problems.push(`${path}: no ${test}`);
  }
  for (const path of Object.keys(exempt)) {
    if (!paths.has(path)) problems.push(`${path}: exempt but does not exist`);
  }
  return problems;
}
