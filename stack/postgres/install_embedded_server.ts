import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { cacheDir } from "../cache_dir.ts";

/**
 * Extensions the hosted platform lets `postgres` create although their script needs a superuser. PostgreSQL's own
 * word for that is `trusted`, so the control files of the copy say it.
 */
const TRUSTED = ["amcheck", "autoinc", "bloom", "dblink", "dict_xsyn", "insert_username", "moddatetime", "pg_buffercache", "pg_prewarm", "pg_stat_statements", "pg_walinspect",
  "pgrowlocks", "pgstattuple", "postgres_fdw", "refint", "sslinfo"];

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Copies the npm binaries to the cache and adds pgTAP; returns the bin directory. A copy because the package must stay
 * as npm installed it, may sit where the server's user cannot read it, and lacks its symlinks when install scripts are off.
 */
export async function installEmbeddedServer(nativeDir: string): Promise<string> {
  const pgtap = join(dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite-pgtap")), "pgtap.tar.gz");
  const packageJson = readFileSync(join(nativeDir, "../package.json"));
  const key = createHash("sha256").update(packageJson).update(nativeDir).update(TRUSTED.join()).update(readFileSync(pgtap)).digest("hex").slice(0, 12);
  const target = join(cacheDir(), `server-${key}`);
  if (!existsSync(target)) {
    const draft = `${target}.${process.pid}`;
    await rm(draft, { recursive: true, force: true });
    await cp(nativeDir, draft, { recursive: true, verbatimSymlinks: true });
    await restoreSymlinks(draft);
    await installPgtap(pgtap, draft);
    await trustExtensions(join(draft, "share/postgresql/extension"));
    await publish(draft, target);
  }
  return join(target, "bin");
}

/** Moves a finished draft into place; a rival process that was faster has made the same thing. */
async function publish(draft: string, target: string): Promise<void> {
  try {
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}

async function restoreSymlinks(draft: string): Promise<void> {
  const links = symlinksSchema.parse(JSON.parse(await readFile(join(draft, "pg-symlinks.json"), "utf8")));
  for (const { source, target } of links) {
    const link = join(draft, target.replace(/^native\//, ""));
    await rm(link, { force: true });
    await mkdir(dirname(link), { recursive: true });
    await symlink(relativeName(source, target), link);
  }
}

function relativeName(source: string, target: string): string {
  return dirname(source) === dirname(target) ? source.slice(dirname(source).length + 1) : join("/", source);
}

async function installPgtap(tarball: string, draft: string): Promise<void> {
  await promisify(execFile)("tar", ["xzf", tarball, "-C", draft]);
}

async function trustExtensions(dir: string): Promise<void> {
  for (const name of TRUSTED) {
    const file = join(dir, `${name}.control`);
    if (existsSync(file)) await writeFile(file, `${await readFile(file, "utf8")}\ntrusted = true\n`);
  }
}
