import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { build } from "esbuild";

let found: Promise<string> | undefined;

/**
 * A PATH on which `age` is found: Debian's, which shares no code with the library that encrypts, or a stand-in made of that
 * library where there is none. HOLDFAST_AGE=stand-in takes the stand-in anyway.
 */
export function pathWithAge(path: string): Promise<string> {
  return found ??= findAge(path);
}

async function findAge(path: string): Promise<string> {
  const installed = spawnSync("age", ["--version"]).status === 0;
  if (installed && process.env["HOLDFAST_AGE"] !== "stand-in") return path;
  const dir = mkdtempSync(join(tmpdir(), "holdfast-age-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const bundle = join(dir, "age_stand_in.mjs");
  await build({ entryPoints: [join(import.meta.dirname, "age_stand_in.ts")], outfile: bundle, bundle: true, platform: "node", format: "esm", logLevel: "error" });
  const command = join(dir, "age");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${bundle}" "$@"\n`);
  chmodSync(command, 0o755);
  console.warn(`age ${installed ? "is not asked for" : "is not installed (Debian: age)"}: tests/support/age_stand_in.ts takes its place, so two implementations of the format were not compared.`);
  return `${dir}${delimiter}${path}`;
}
