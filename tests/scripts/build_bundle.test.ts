import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { REPO_ROOT } from "../../stack/repo_root.ts";

describe("buildBundle()", () => {
  it("buildBundle() makes one file that is the command, and leaves nothing else", async () => {
    // Beside the real one, since it finds the packages and the files of the checkout from where it lies.
    const dir = mkdtempSync(join(REPO_ROOT, ".bundle-"));
    try {
      const exec = promisify(execFile);
      const target = join(dir, "holdfast.mjs");
      await exec(process.execPath, ["--input-type=module", "--eval",
        `import { buildBundle } from ${JSON.stringify(join(REPO_ROOT, "scripts/build_bundle.mjs"))}; await buildBundle("cli/main.ts", ${JSON.stringify(target)});`]);
      expect(readdirSync(dir)).toEqual(["holdfast.mjs"]);
      const { stdout } = await exec(process.execPath, [target, "restore", "--help"]);
      expect(stdout).toContain("--from");
      await expect(exec(process.execPath, [target, "status"], { env: {} })).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("HF") });
      const { stdout: sources } = await exec(process.execPath, [join(REPO_ROOT, "node_modules/.bin/tsx"), join(REPO_ROOT, "cli/main.ts"), "restore", "--help"]);
      expect(stdout).toBe(sources);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
