import { execFileSync } from "node:child_process";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { REPO_ROOT } from "../../stack/repo_root.ts";

/** By how much V8 lets the heap grow after a collection, as it says itself. */
async function growingFactor(prologue: string): Promise<string | undefined> {
  const { outputFiles: [file] } = await build({
    stdin: { contents: `${prologue}; globalThis.gc();`, resolveDir: REPO_ROOT, loader: "ts" }, bundle: true, write: false, platform: "node", format: "esm",
  });
  const printed = execFileSync(process.execPath, ["--trace-gc-verbose", "--expose-gc", "--input-type=module", "-e", file?.text ?? "throw 0"], { encoding: "utf8" });
  return /\[HeapController\] Limit: .*\(([\d.]+)\)/.exec(printed)?.[1];
}

describe("letHeapGrow()", () => {
  it("letHeapGrow() has V8 let the heap grow to three times what is in use", async () => {
    expect(await growingFactor("import { letHeapGrow } from './cli/let_heap_grow.ts'; letHeapGrow()")).toBe("3.0");
    expect(await growingFactor("")).not.toBe("3.0");
  });
});
