import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A Supabase project in a folder of its own, which the end of the test removes. */
export interface TemporaryProject {
  readonly root: string;
  write(path: string, text: string): void;
  read(path: string): string;
  has(path: string): boolean;
  remove(path: string): void;
  /** Every file with its text and the time it was last written, to see what a command touched. */
  snapshot(): Record<string, string>;
}

/** @param files by path; a config.toml is added when there is none */
export function temporaryProject(files: Readonly<Record<string, string>> = {}): TemporaryProject {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-project-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const project: TemporaryProject = {
    root,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    read: (path) => readFileSync(join(root, path), "utf8"),
    has: (path) => existsSync(join(root, path)),
    remove: (path) => rmSync(join(root, path), { recursive: true, force: true }),
    snapshot: () => Object.fromEntries(readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length + 1), `${statSync(path, { bigint: true }).mtimeNs} ${readFileSync(path, "latin1")}`];
    })),
  };
  for (const [path, text] of Object.entries({ "supabase/config.toml": 'project_id = "shop"\n', ...files })) project.write(path, text);
  return project;
}
