import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REPO_ROOT } from "../../stack/repo_root.ts";

const NOW = Date.now() / 1000;

describe("holdfast.mjs", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "holdfast-bundle-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** A checkout whose sources and bundle only say which of them runs; everything in it is an hour old. */
  function checkout(root: string): void {
    const files = {
      "package.json": "{\"type\": \"module\"}", "cli/main.ts": "console.log('sources' as string);", "functions/_shared/a.ts": "", "stack/a.ts": "", "build/holdfast.mjs": "console.log('bundle');",
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    for (const name of ["holdfast.mjs", "bundle_freshness.mjs"]) cpSync(join(REPO_ROOT, "cli", name), join(root, "cli", name));
    symlinkSync(join(REPO_ROOT, "node_modules"), join(root, "node_modules"));
    for (const path of [...Object.keys(files), "cli/holdfast.mjs", "cli/bundle_freshness.mjs", "cli", "functions/_shared", "functions", "stack"]) utimesSync(join(root, path), NOW - 3600, NOW - 3600);
  }
  const run = async (root: string) => (await promisify(execFile)(process.execPath, [join(root, "cli/holdfast.mjs")])).stdout.trim();

  it("holdfast.mjs runs the bundle while no source is newer", async () => {
    checkout(dir);
    expect(await run(dir)).toBe("bundle");
  });

  it.each([
    ["a source was edited", "stack/a.ts"], ["a file was added or deleted", "functions/_shared"], ["the packages changed", "package.json"],
  ])("holdfast.mjs runs the sources when %s", async (_, path) => {
    checkout(dir);
    utimesSync(join(dir, path), NOW, NOW);
    expect(await run(dir)).toBe("sources");
  });

  it("holdfast.mjs runs the sources where nothing was bundled", async () => {
    checkout(dir);
    rmSync(join(dir, "build"), { recursive: true });
    expect(await run(dir)).toBe("sources");
  });

  it("holdfast.mjs runs the bundle of an installed package, whatever times its files got", async () => {
    const root = join(dir, "node_modules", "holdfast");
    checkout(root);
    utimesSync(join(root, "cli/main.ts"), NOW, NOW);
    expect(await run(root)).toBe("bundle");
  });
});
