import type { SqlFile } from "./order_sql_files.ts";

const HEADER = `-- Built from sql/ by scripts/build_migrations.ts. Do not edit: change the file named above a statement and build again.

-- Functions may name objects that come later in this file.
set check_function_bodies = off;
`;

const FOOTER = `
reset check_function_bodies;
`;

/** The migration that creates everything: the given files verbatim, each below a line that names its source. */
export function renderMigration(files: readonly SqlFile[]): string {
  const parts = files.map((file) => `\n-- sql/${file.path}\n${file.text.trim()}\n`);
  return [HEADER, ...parts, FOOTER].join("");
}
