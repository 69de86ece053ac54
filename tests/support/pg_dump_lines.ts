import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = "/usr/lib/postgresql";

/** Debian's pg_dump that is at least as new as a server, as it refuses newer ones. Null where there is none: npm has no pg_dump. */
export function findPgDump(serverVersion: string): string | null {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).filter((version) => Number(version) >= Number.parseInt(serverVersion, 10)).sort((a, b) => Number(a) - Number(b)) : [];
  return versions.map((version) => join(ROOT, version, "bin/pg_dump")).find((program) => spawnSync(program, ["--version"]).status === 0) ?? null;
}

/** What pg_dump writes of a database: lines that say something, in an order that does not depend on object ids. */
export async function pgDumpLines(program: string, url: string, ...options: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(program, [...options, url], { maxBuffer: 256 * 1024 * 1024 });
  return stdout.split("\n").filter((line) => line !== "" && !/^(--|\\(un)?restrict )/.test(line)).sort();
}
