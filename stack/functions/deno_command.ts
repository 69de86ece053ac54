import { createRequire } from "node:module";
import { existsSync, readdirSync } from "node:fs";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { cacheDir } from "../cache_dir.ts";
import { REPO_ROOT } from "../repo_root.ts";

/** The runner every isolate starts with. */
export const RUNNER = join(REPO_ROOT, "stack", "functions", "runner.ts");

/**
 * Flags that read TypeScript as it is, and npm packages from node_modules. The alternative, an esbuild bundle, loads no
 * faster once Deno has cached the transpiled modules (50 to 70 ms of CPU for the whole engine), and it is less faithful:
 * in a bundle npm code loses the Node globals such as `Buffer` that Deno gives to npm packages but not to our files.
 */
function moduleFlags(functionsDir: string): string[] {
  const own = join(functionsDir, "deno.json");
  const config = existsSync(own) ? own : join(REPO_ROOT, "functions", "deno.json");
  return ["--no-lock", "--node-modules-dir=manual", `--config=${config}`];
}

/** As on the platform: network, environment and reading are free, files can be written below /tmp only, no subprocess, no ffi. */
export function denoRunArgs(functionsDir: string): string[] {
  return [
    "run", "--quiet", "--no-prompt", "--cached-only", ...moduleFlags(functionsDir),
    "--allow-net", "--allow-env", "--allow-read", "--allow-sys", "--allow-write=/tmp", RUNNER,
  ];
}

/** Variables Deno itself needs; the runner removes them before a function can look. */
export function denoEnv(): Record<string, string> {
  return { DENO_DIR: join(cacheDir(), "deno"), DENO_NO_UPDATE_CHECK: "1" };
}

/**
 * Transpiles every function beforehand, so that an isolate is not billed for what the platform does at deploy time.
 * Nothing is fetched: a module that is not in node_modules is an error here, not a download.
 */
export async function warmModuleCache(deno: string, functionsDir: string, slugs: string[], onLog: (line: string) => void): Promise<void> {
  const entries = slugs.map((slug) => join(functionsDir, slug, "index.ts"));
  try {
    const args = ["cache", "--quiet", "--no-remote", ...moduleFlags(functionsDir), RUNNER, ...entries];
    await promisify(execFile)(deno, args, { env: { ...process.env, ...denoEnv() } });
  } catch (error) {
    // A function that does not compile boots into BOOT_ERROR when it is called, as after a deploy.
    onLog(`functions: preparing them reported: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The Deno binary npm installed, without the Node launcher around it: one process per isolate, whose pid is ours.
 * @throws HF904 when it is missing
 */
export function findDeno(): string {
  const dir = dirname(createRequire(import.meta.url).resolve("deno/package.json"));
  const names = [join(dir, "deno"), join(dir, "deno.exe"), ...platformBinaries(dirname(dir))];
  const found = names.find((name) => existsSync(name));
  if (found === undefined) {
    throw new HoldfastError("HF904", "The Deno binary is not installed", {
      hint: "Run npm ci without --omit=optional.",
    });
  }
  return found;
}

function platformBinaries(nodeModules: string): string[] {
  const scope = join(nodeModules, "@deno");
  if (!existsSync(scope)) return [];
  return readdirSync(scope).map((name) => join(scope, name, "deno"));
}

/** Folders with an index.ts; a name that starts with `_` is shared code. */
export function listFunctions(functionsDir: string): string[] {
  if (!existsSync(functionsDir)) return [];
  return readdirSync(functionsDir).filter((name) =>
    /^[a-zA-Z0-9-][a-zA-Z0-9_-]*$/.test(name) && existsSync(join(functionsDir, name, "index.ts"))
  ).sort();
}
