// Bundles the `holdfast` command into build/holdfast.mjs, so that it starts without translating hundreds of files. Packages stay
// outside. Plain JavaScript, because npm runs it when it installs or packs, before anything is built.
//
// usage: node scripts/build_bundle.mjs [<entry> <target>]
import { mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BUNDLE, isFresh } from "../cli/bundle_freshness.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Whoever starts a command meanwhile finds the old file or the whole new one. */
export async function buildBundle(entry = "cli/main.ts", target = BUNDLE) {
  const { build } = await import("esbuild");
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  await build({
    absWorkingDir: ROOT, entryPoints: [join(ROOT, entry)], outfile: unfinished,
    bundle: true, packages: "external", platform: "node", target: "node20", format: "esm", logLevel: "warning",
  });
  renameSync(unfinished, target);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [entry, target] = process.argv.slice(2);
  try {
    if (entry !== undefined) await buildBundle(entry, target);
    else if (!isFresh()) await buildBundle();
  } catch (error) {
    // npm runs this also for a checkout that is installed into another project, and does not install its packages.
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    console.error(`error: The packages of ${ROOT} are not installed\nhint: Run npm install there first.`);
    process.exitCode = 1;
  }
}
