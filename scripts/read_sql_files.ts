import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { SqlFile } from "./order_sql_files.ts";

/**
 * Reads every file below a folder.
 * @throws Error for a file that is not SQL: it would silently stay out of the migration.
 */
export function readSqlFiles(folder: string): SqlFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(folder, file).split(sep).join("/");
      if (!path.endsWith(".sql")) throw new Error(`sql/${path} is not an .sql file, so no migration would contain it`);
      return { path, text: readFileSync(file, "utf8").replaceAll("\r\n", "\n") };
    });
}
