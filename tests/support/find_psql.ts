import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { build } from "esbuild";

let found: Promise<string> | undefined;

/**
 * A PATH on which `psql` is found: the machine's own program, or the stand-in where there is none, since the embedded
 * server does not bring it and the tests need Node and npm only. HOLDFAST_PSQL=stand-in takes the stand-in anyway.
 */
export function pathWithPsql(): Promise<string> {
  return found ??= findPsql();
}

async function findPsql(): Promise<string> {
  const path = process.env["PATH"] ?? "";
  // A wrapper without a client behind it is there and fails.
  const installed = spawnSync("psql", ["--version"]).status === 0;
  if (installed && process.env["HOLDFAST_PSQL"] !== "stand-in") return [...debianPrograms(), path].join(delimiter);
  const dir = mkdtempSync(join(tmpdir(), "holdfast-psql-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const bundle = join(dir, "psql_stand_in.cjs");
  await build({ entryPoints: [join(import.meta.dirname, "psql_stand_in.ts")], outfile: bundle, bundle: true, platform: "node", format: "cjs", external: ["pg-native"], logLevel: "error" });
  const command = join(dir, "psql");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${bundle}" "$@"\n`);
  chmodSync(command, 0o755);
  console.warn(`psql ${installed ? "is not asked for" : "is not installed (Debian: postgresql-client)"}: tests/support/psql_stand_in.ts runs the scripts in its place.`);
  return `${dir}${delimiter}${path}`;
}

/** Where Debian keeps the program itself: its `psql` is a wrapper in Perl that starts slower than the client works. */
function debianPrograms(): string[] {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, "bin")).filter((dir) => existsSync(join(dir, "psql"))).slice(0, 1);
}
