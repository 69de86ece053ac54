/** One file below sql/: its path relative to that folder, with forward slashes, and its text. */
export interface SqlFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Kinds in the order they load. Types come before the tables that use them, views after the functions they call.
 * `check_function_bodies` is off while they load, so a function may name a table or function that comes later.
 */
const LOAD_ORDER = ["schema.sql", "types", "tables", "functions", "views", "cron", "pgtap"];

const REQUIRES = /^--\s*requires:\s*(.+)$/;

/**
 * Puts files into an order in which PostgreSQL accepts them: by kind, inside a kind by path, and a file named in a
 * `-- requires: <path>` line of the leading comment is pulled in front of the file that requires it.
 * `comparePaths` replaces the order inside a kind; any result is a valid order.
 * @throws Error when a file is in no known folder, a required file does not exist, or files require each other.
 */
export function orderSqlFiles(
  files: readonly SqlFile[],
  comparePaths: (a: string, b: string) => number = compareText,
): SqlFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const byKind = files
    .map((file) => ({ file, rank: rank(file) }))
    .sort((a, b) => a.rank - b.rank || comparePaths(a.file.path, b.file.path));
  const ordered: SqlFile[] = [];
  const done = new Set<string>();

  const place = (file: SqlFile, trail: readonly string[]): void => {
    if (done.has(file.path)) return;
    if (trail.includes(file.path)) {
      throw new Error(`sql files require each other: ${[...trail.slice(trail.indexOf(file.path)), file.path].join(" -> ")}`);
    }
    for (const path of requiredPaths(file)) {
      const required = byPath.get(path);
      if (required === undefined) throw new Error(`sql/${file.path} requires sql/${path}, which does not exist`);
      place(required, [...trail, file.path]);
    }
    done.add(file.path);
    ordered.push(file);
  };

  for (const { file } of byKind) place(file, []);
  return ordered;
}

/** Only the comment block at the top counts, so that a body may contain any text. */
function requiredPaths(file: SqlFile): string[] {
  const paths: string[] = [];
  for (const line of file.text.split("\n")) {
    if (!line.startsWith("--")) break;
    const match = REQUIRES.exec(line.trim());
    if (match?.[1] !== undefined) paths.push(...match[1].split(",").map((path) => path.trim()));
  }
  return paths;
}

function rank(file: SqlFile): number {
  const kind = file.path.split("/")[0] ?? "";
  const position = LOAD_ORDER.indexOf(kind);
  if (position < 0 || (kind !== "schema.sql") !== file.path.includes("/")) {
    throw new Error(`sql/${file.path} is in no folder that is loaded (${LOAD_ORDER.join(", ")})`);
  }
  return position;
}

/** Code unit order: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
