import type { RepositoryFile } from "./repository_files.ts";

/** Functions and pgTAP files that have no partner, and tables and views that no pgTAP file names. */
export function checkSqlTests(files: readonly RepositoryFile[]): string[] {
  const sources = files.filter(({ path }) => path.startsWith("sql/"));
  const tests = files.filter(({ path }) => path.startsWith("tests/sql/") && path.endsWith(".test.sql"));
  const sourcePaths = new Set(sources.map(({ path }) => path));
  const testPaths = new Set(tests.map(({ path }) => path));
  const problems: string[] = [];

  for (const { path } of sources) {
    const [, kind = "", name = ""] = /^sql\/(\w+)\/(\w+)\.sql$/.exec(path) ?? [];
    if (kind === "functions") {
      const test = `tests/sql/functions/${name}.test.sql`;
      if (!testPaths.has(test)) problems.push(`${path}: no ${test}`);
    } else if (kind === "tables" || kind === "views") {
      const named = new RegExp(`\\b${name}\\b`);
      if (!tests.some(({ text }) => named.test(text))) problems.push(`${path}: no file below tests/sql names ${name}`);
    }
  }
  for (const { path } of tests) {
    const source = path.replace(/^tests\//, "").replace(/\.test\.sql$/, ".sql");
    if (!sourcePaths.has(source)) problems.push(`${path}: no ${source}`);
  }
  return problems;
}
