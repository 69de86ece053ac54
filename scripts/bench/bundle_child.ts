import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPO_ROOT } from "../../stack/repo_root.ts";

/** Bundles a program of the benchmark as the command is bundled, so that it starts as fast. Returns the file for node. */
export async function bundleChild(name: string): Promise<string> {
  const target = join(REPO_ROOT, "build", `bench_${name}.mjs`);
  await promisify(execFile)(process.execPath, [join(REPO_ROOT, "scripts/build_bundle.mjs"), `scripts/bench/${name}.ts`, target]);
  return target;
}
