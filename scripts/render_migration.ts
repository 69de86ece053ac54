import { createHash } from "node:crypto";
import type { SqlFile } from "./order_sql_files.ts";

const HEADER = `-- Built from sql/ by scripts/build_migrations.ts. Do not edit: change the file named above a statement and build again.

-- Functions may name objects that come later in this file.
set check_function_bodies = off;
`;

/** Of what the files say, whatever their order: two databases with the same build have the same objects. */
function buildOf(files: readonly SqlFile[]): string {
  const hash = createHash("sha256");
  for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) hash.update(`${file.path}\n${file.text.trim()}\n`);
  return hash.digest("hex").slice(0, 12);
}

function footer(build: string): string {
  return `
-- Tells which build of sql/ a database has; compareBuild() in stack/ reads it. Qualified, as the search path may hold functions of
-- these names.
do $$ begin
  execute pg_catalog.format('comment on schema backup is %L', pg_catalog.concat_ws(' ', pg_catalog.obj_description('backup'::regnamespace, 'pg_namespace'), 'Build ${build}.'));
end $$;

reset check_function_bodies;
`;
}

/** The migration that creates everything: the given files verbatim, each below a line that names its source. */
export function renderMigration(files: readonly SqlFile[]): string {
  const parts = files.map((file) => `\n-- sql/${file.path}\n${file.text.trim()}\n`);
  return [HEADER, ...parts, footer(buildOf(files))].join("");
}
