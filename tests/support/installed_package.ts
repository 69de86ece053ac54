import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "./run_supabase.ts";

/** What npm would put into the package, without what no command needs. */
const LEFT_OUT = /^(?:tests|docs|sql|scripts)\//;

/**
 * Puts this package below node_modules of a project as `npm install holdfast` does: the files that npm packs, and beside
 * them the dependencies it declares, no others. Returns the command.
 */
export async function installPackage(project: string): Promise<string> {
  const home = join(project, "node_modules");
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json"], { cwd: REPOSITORY, maxBuffer: 16 * 1024 * 1024 });
  const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  for (const { path } of packed.files) {
    if (!LEFT_OUT.test(path)) await cp(join(REPOSITORY, path), join(home, "holdfast", path), { recursive: true });
  }
  const { dependencies } = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await symlink(join(REPOSITORY, "node_modules", name), join(home, name));
  }
  return join(home, "holdfast/cli/holdfast.mjs");
}
